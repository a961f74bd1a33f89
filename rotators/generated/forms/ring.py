"""What a keyring holds: `active` signs, `accepted` verifies, and `next` will sign.

Times are kept only of what has one to wait for: see Ring.since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from rotators.generated.keys.key import Key


@dataclass(frozen=True, slots=True)
class Ring:
    """One version's.

    coming: published, and to sign next; None where new keys sign at once.
    retired: what verifies the keys that sign no longer, newest first.
    changed: when createSecret made this version.
    since: since when at the latest each key but the active one has been as it is, by id: known for
    the coming one and the retired ones, once a later rotation has looked at them.
    """

    active: Key
    coming: Key | None
    retired: Sequence[Mapping[str, object]] = field(repr=False)
    changed: datetime
    since: Mapping[str, datetime]

    def as_json(self) -> dict[str, object]:
        """As the secret holds it."""
        coming = {} if self.coming is None else {"next": dict(self.coming.signs)}
        halves = [dict(each) for each in self.accepted]
        kept = [str(each["kid"]) for each in halves if each["kid"] != self.active.kid]
        return {
            "active": dict(self.active.signs),
            **coming,
            "accepted": halves,
            "changed": _text(self.changed),
            "since": {kid: _text(self.since[kid]) for kid in kept if kid in self.since},
        }

    @property
    def accepted(self) -> Sequence[Mapping[str, object]]:
        """What verifies, newest first."""
        newest = [self.active] if self.coming is None else [self.coming, self.active]
        return [*(each.verifies for each in newest), *self.retired]

    @property
    def signing(self) -> Sequence[Key]:
        """The keys whose signing halves it has."""
        return [self.active] if self.coming is None else [self.active, self.coming]


def read_ring(held: object) -> Ring | None:
    """None for what is no keyring."""
    if not isinstance(held, Mapping):
        return None
    accepted, since = held.get("accepted"), held.get("since", {})
    if not isinstance(accepted, Sequence) or not isinstance(since, Mapping):
        return None
    halves = {kid: each for each in accepted if (kid := _id(each))}
    if len(halves) != len(accepted):
        return None
    active = _key(held.get("active"), halves)
    coming = _key(held["next"], halves) if held.get("next") is not None else None
    times = {str(kid): _time(text) for kid, text in since.items()}
    changed = _time(held.get("changed"))
    known = {kid: time for kid, time in times.items() if time is not None}
    if active is None or changed is None or len(known) != len(times):
        return None
    if held.get("next") is not None and (coming is None or coming.kid == active.kid):
        return None
    signing = {active.kid, coming.kid if coming else ""}
    retired = [half for kid, half in halves.items() if kid not in signing]
    return Ring(active, coming, retired, changed, known)


def _key(signs: object, halves: Mapping[str, Mapping[str, object]]) -> Key | None:
    """The key whose signing half this is; None where nothing of its id verifies."""
    kid = _id(signs)
    if not isinstance(signs, Mapping) or kid not in halves:
        return None
    return Key(kid, signs, halves[kid])


def _id(half: object) -> str:
    """Empty where it has none."""
    kid = half.get("kid") if isinstance(half, Mapping) else None
    return kid if isinstance(kid, str) else ""


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _time(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # the first day of all, east of Greenwich
        return None
