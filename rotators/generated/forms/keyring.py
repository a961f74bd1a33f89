"""A field that is a keyring: a key is published before it signs, and accepted for a while after.

So a verifier that read the secret a rotation ago knows the key that signs now, and one that reads
it now knows the key that signed until then.
"""

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from rotators.generated.forms.form import Moment
from rotators.generated.forms.ring import Ring, read_ring
from rotators.generated.keys.key import Key, Keys
from rotators.generated.rules.rule import Keeping
from shared.errors import MalformedSecret
from shared.protocol.expiry import AT_LATER_FINISH, AT_NEXT_FINISH, REPLACED_AT_FINISH

LOG = logging.getLogger(f"rotation.{__name__}")
NOTHING: Collection[object] = (None, "", {})  # there is no value yet


@dataclass(frozen=True, slots=True)
class Keyring:
    """See Form."""

    field: str
    keys: Keys
    keeping: Keeping

    def renew(self, held: object, moment: Moment) -> object:
        """The coming key signs, if it has been published for long enough, and another is coming."""
        self.check(held)
        ring = read_ring(held)
        if ring is None:
            active = self.keys.make({})
            first = Ring(active, self._coming(active), [], moment.now, {})
            return first.as_json()
        ring = _with_times(ring, moment)
        return self._pruned(self._turned(ring, moment.now), moment.now).as_json()

    def check(self, held: object) -> None:
        """A first keyring is made in place of nothing only: what it replaced would verify no more.

        Nor does a keyring go on that is not as its rule says: of another kind, weaker, or torn.
        """
        ring = read_ring(held)
        problem = "is no keyring, so its value would be accepted no more"
        if ring is not None:
            problem = self.flaw(held)
        elif held in NOTHING:
            problem = ""
        if problem:
            raise MalformedSecret(
                f"field '{self.field}' of the secret {problem}",
                do="correct it; or name a new field for a keyring, with null in it, and let "
                "clients change over",
                field=self.field,
            )
        self.keys.check({} if ring is None else ring.active.signs)

    def flaw(self, held: object) -> str:
        """Whether the set verifies what each key signs that may, and none is weaker than stated."""
        ring = read_ring(held)
        if ring is None:
            return "has no keyring yet" if held in NOTHING else "is no keyring"
        for key in ring.signing:
            if flaw := self.keys.flaw(key.signs):
                return f"has a key that {flaw}"
            if not self.keys.match(key.signs, key.verifies):
                return "does not accept what one of its keys signs"
        return ""

    def expiry(self) -> str:
        """Of the key that signed before."""
        if self.keeping.keep == 0:
            return REPLACED_AT_FINISH
        return AT_NEXT_FINISH if self.keeping.keep == 1 else AT_LATER_FINISH

    def remains(self, leaked: object, held: object) -> Collection[str]:
        """The keys of which something in `held` verifies what who has read `leaked` can sign."""
        ring = read_ring(held)
        accepted = [] if ring is None else ring.accepted
        found = [
            str(half["kid"])
            for half in accepted
            if any(self.keys.match(signs, half) for signs in self._signable(leaked))
        ]
        return [f"key '{kid}' of '{self.field}'" for kid in found]

    def without(self, leaked: object, held: object, moment: Moment) -> object | None:
        """The coming key signs at once where the active one leaked: verifiers know it already."""
        ring = read_ring(held)
        if ring is None:
            return None
        signable = list(self._signable(leaked))

        def is_good(half: Mapping[str, object]) -> bool:
            return not any(self.keys.match(signs, half) for signs in signable)

        good = [each for each in ring.signing if is_good(each.verifies)]
        active = good[0] if good else self.keys.make(ring.active.signs)
        coming = good[1] if good[1:] else self._coming(active)
        retired = [half for half in ring.retired if is_good(half)]
        return replace(
            _with_times(ring, moment),
            active=active,
            coming=coming,
            retired=retired,
            changed=moment.now,
        ).as_json()

    def _signable(self, leaked: object) -> Iterator[Mapping[str, object]]:
        """What who has read it can sign with."""
        ring = read_ring(leaked)
        if ring is not None:
            yield from (each.signs for each in ring.signing)
            yield from (half for half in ring.retired if self.keys.leak(half))

    def _turned(self, ring: Ring, now: datetime) -> Ring:
        """The ring with the next key in its place; not pruned yet."""
        coming, delay = ring.coming, self.keeping.delay or timedelta()
        if coming is None and self.keeping.delay is not None:  # published first
            return replace(ring, coming=self._coming(ring.active), changed=now)
        if coming is not None and now - ring.since[coming.kid] < delay:
            LOG.warning(
                "'%s' goes on signing with the same key: the next one, %s, has been published for "
                "less than usage_delay, or nobody knows for how long; rotate later",
                self.field,
                coming.kid,
            )
            return replace(ring, changed=now)
        active = coming or self.keys.make(ring.active.signs)
        return replace(
            ring,
            active=active,
            coming=self._coming(active),
            retired=[ring.active.verifies, *ring.retired],
            changed=now,
        )

    def _coming(self, active: Key) -> Key | None:
        return None if self.keeping.delay is None else self.keys.make(active.signs)

    def _pruned(self, ring: Ring, now: datetime) -> Ring:
        keep = self.keeping.keep
        if isinstance(keep, int):
            return replace(ring, retired=ring.retired[:keep])
        # What has no time yet signed until now.
        kept = [h for h in ring.retired if now - ring.since.get(str(h["kid"]), now) < keep]
        return replace(ring, retired=kept)


def _with_times(ring: Ring, moment: Moment) -> Ring:
    """The ring with a time for each key that has waited for this rotation to get one.

    That is when the rotation before ended: this version has been in use since. Where the service
    tells of none since this version was made, somebody moved the label, and nobody knows when.
    """
    last = moment.last_rotation
    settled = moment.now if last is None or last < ring.changed else last
    kids = [str(half["kid"]) for half in ring.accepted if half["kid"] != ring.active.kid]
    return replace(ring, since={kid: ring.since.get(kid, settled) for kid in kids})
