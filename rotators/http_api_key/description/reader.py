"""Checks a description as a whole, before anything is called; a refusal names the place in it."""

import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from rotators.http_api_key.description.model import Admin, Description, names_in
from rotators.http_api_key.description.places import Expression, Place
from rotators.http_api_key.description.requests import Auth, Pages, Request, read_base, read_request
from rotators.http_api_key.description.templates import Name, Template
from shared.errors import Misconfigured
from shared.keys.api_key import Way
from shared.passwords import MAX_LENGTH, Included, PasswordPolicy

_WAYS = {"issue": Way.ISSUED, "replace": Way.REPLACED, "set": Way.CHOSEN}
_MEMBERS = (
    *("documentation", "base", "fields", "values", "defaults", "label", "auth", "admin"),
    *(*_WAYS, "list", "revoke", "probe", "slots", "choose", "propagation"),
)
_LISTED = ("keys", "id", "label", "created", "expires")
_OF_ARNS = f"{string.ascii_letters}{string.digits}:/_+=.@-"
_SECONDS = {"s": 1, "m": 60}


def read_description(document: object, at: str) -> Description:
    """Raises DescriptionError naming the place, which begins with `at`."""
    place = Place(document, at)
    found = place.members(_MEMBERS, required=["base", "fields", "auth", "admin", "probe"])
    ways = [name for name in _WAYS if name in found]
    if len(ways) != 1:
        raise place.wrong("must have one of issue, replace, set")
    named = {name: each.text() for name, each in found["fields"].members(required=["key"]).items()}
    slots = tuple(item.text() for item in found["slots"].items()) if "slots" in found else ()
    reader = _Reader(place, found, named, slots, ways[0])
    description = reader.description()
    reader.keep_the_key_out_of_urls(description)
    return description


@dataclass(frozen=True, slots=True)
class _Reader:
    """Which names there are in a place depends on what else is described."""

    place: Place
    found: Mapping[str, Place]
    fields: Mapping[str, str]
    slots: tuple[str, ...]
    way: str

    def description(self) -> Description:
        found = self.found
        slots = self._slots()
        listing = self._list()
        request, keys, idempotent = self._make(_kept(listing))
        return Description(
            base=read_base(found["base"]),
            way=_WAYS[self.way],
            fields=self.fields,
            values=_plain(self._member("values")),
            defaults=_plain(self._member("defaults")),
            label=self._label(),
            auth=Auth.read(found["auth"], self._own),
            admin=self._admin(),
            make=request,
            keys=keys,
            idempotent=idempotent,
            list=listing,
            revoke=self._revoke(),
            probe=read_request(found["probe"], {"now", *self._own}, more=["base"])[0],
            slots=slots,
            choose=self._choose(),
            propagation=self._propagation(),
        )

    @property
    def _own(self) -> set[str]:
        """What a key is and has."""
        parts = {"id"} & self.fields.keys() | ({"slot"} if self.slots else set())
        return {"secret", "key", *parts}

    @property
    def _asker(self) -> set[str]:
        """What the one who issues and revokes has."""
        admin = self.found["admin"].value
        if not isinstance(admin, dict):
            return set()
        return {"admin", "token"} if "login" in admin else {"admin"}

    def _member(self, name: str) -> Place:
        return self.found.get(name, self.place.child(name, {}))

    def _admin(self) -> Admin | None:
        place = self.found["admin"]
        if place.value == "self":
            return None
        if not isinstance(place.value, dict):
            raise place.wrong('must be "self" or an object')
        found = place.members(("secret", "auth", "login"), required=("secret", "auth"))
        login = None
        if "login" in found:
            login, members = read_request(found["login"], {"secret", "admin"}, more=["base"])
            login = replace(login, found=_read(found["login"], members, ("token",), ("token",)))
            if "base" in members and login.base and login.base.whole is not None:
                # The admin's secret does not say where that is, and its key is sent there.
                raise members["base"].wrong("must begin with https://")
        auth = Auth.read(found["auth"], {"secret", *self._asker})
        found["secret"].text()  # nothing at all is no secret
        return Admin(found["secret"].template({"secret"}), auth, login)

    def _list(self) -> Request | None:
        if "list" not in self.found:
            return None
        place = self.found["list"]
        names = {"secret", "arn", "tag", *self._asker, *(self._own - {"key"})}
        request, members = read_request(place, names, more=["pages"])
        needed = ["keys", "id"] if self.way == "issue" else ["keys"]
        read = _read(place, members, None, needed)
        if "expires" in read and "created" not in read:
            raise place.child("read").missing("created")  # from both, the lifetime is known
        pages = Pages.read(members["pages"]) if "pages" in members else None
        if pages and pages.size and pages.query in request.query:
            raise place.child("query").child(pages.query).wrong("is what 'pages' sets")
        return replace(request, found=read, pages=pages)

    def _make(self, kept: Collection[str]) -> tuple[Request, dict[str, Expression], bool]:
        """The request that makes a key, what finds the key for each slot, whether it is repeatable.

        Without slots there is one, by the name of "".
        """
        place = self.found[self.way]
        own = {"key"} if self.way == "issue" else self._own
        old = {"old"} if self.way == "set" else set()
        facts = {"secret", "now", "label", "version", "arn", "tag"}
        request, members = read_request(
            place, {*facts, *self._asker, *kept, *own, *old}, more=["idempotent"]
        )
        used = {name.root for name in names_in(request)}
        idempotent = "idempotent" in members and members["idempotent"].flag()
        if idempotent and not used & {"version", "label"}:
            raise members["idempotent"].wrong("needs {version} or {label} in the request")
        if self.way == "set":
            return request, {}, True
        where = place.child("read")
        reading = members.get("read", replace(where, value={})).members()
        if "key" not in reading and (self.way == "replace" or "key" not in used):
            raise where.missing("key")
        if self.way == "issue" and "id" not in reading:
            raise where.missing("id")
        keys = self._keys(reading.pop("key")) if "key" in reading else {}
        found = {name: each.expression() for name, each in reading.items()}
        return replace(request, found=found), keys, idempotent

    def _keys(self, place: Place) -> dict[str, Expression]:
        if not self.slots:
            return {"": place.expression()}
        each = place.members(self.slots, required=self.slots)
        return {slot: expression.expression() for slot, expression in each.items()}

    def _revoke(self) -> tuple[Request, ...]:
        if "revoke" not in self.found:
            if self.way == "issue":
                raise self.place.missing("revoke")
            return ()
        place = self.found["revoke"]
        names = {"secret", "id", "now", *self._asker}
        places = place.items() if isinstance(place.value, list) else iter((place,))
        return tuple(read_request(each, names)[0] for each in places)

    def _label(self) -> Template:
        place = self.found.get("label", self.place.child("label", "{arn} {version}"))
        label = place.template({"arn", "tag", "version"})
        roots = [name.root for name in label.names]
        last = label.pieces[-1] if label.pieces else None
        if last != Name("version") or roots.count("version") != 1 or len(roots) == 1:
            raise place.wrong("must have {arn} or {tag}, and end with {version}")
        for name, after in pairwise(label.pieces):  # or another ARN may begin with this one
            if name == Name("arn") and (not isinstance(after, str) or after[0] in _OF_ARNS):
                raise place.wrong("must have a space or the like after {arn}")
        return label

    def _slots(self) -> tuple[str, ...]:
        if "slots" in self.found:
            place = self.found["slots"]
            if len(set(self.slots)) != 2 or len(self.slots) != 2:  # noqa: PLR2004 - turn by turn
                raise place.wrong("must be two names")
            if "slot" not in self.fields:
                raise self.place.child("fields").missing("slot")
            if self.way == "issue":
                raise place.wrong("is for replace or set")
        return self.slots

    def _choose(self) -> PasswordPolicy | None:
        if "choose" not in self.found:
            return None
        place = self.found["choose"]
        found = place.members(("length", "characters"), required=("length", "characters"))
        characters = found["characters"].text(r"[!-~]+", "visible ASCII without spaces")
        length = found["length"].integer(range(1, MAX_LENGTH + 1))
        policy = PasswordPolicy(length, (Included("".join(sorted(set(characters))), 0),))
        try:
            policy.check()
        except Misconfigured:
            raise place.wrong("leaves too few keys to choose from; make it longer") from None
        return policy

    def _propagation(self) -> int:
        if "propagation" not in self.found:
            return 0
        text = self.found["propagation"].text(r"[1-9][0-9]{0,2}[sm]", "such as '30s' or '2m'")
        return int(text[:-1]) * _SECONDS[text[-1]]

    def keep_the_key_out_of_urls(self, description: Description) -> None:
        """The field that holds the key is as confidential as {key}."""
        for request in description.requests:
            bases = [description.base, *([request.base] if request.base else [])]
            for template in (*bases, request.path, *request.query.values()):
                fields = (name.field for name in template.names if name.root == "secret")
                if self.fields["key"] in {description.field(name) for name in fields}:
                    raise Place(None, request.place).wrong("must not have the key in its URL")


def _kept(listing: Request | None) -> set[str]:
    """The names of what a new key takes over of the one it replaces."""
    if listing is None:
        return set()
    times = {"kept.lifetime", "kept.ends"} if "expires" in listing.found else set()
    return times | {f"kept.{name}" for name in listing.found if name not in _LISTED}


def _read(
    place: Place,
    members: Mapping[str, Place],
    known: Collection[str] | None,
    needed: Collection[str],
) -> dict[str, Expression]:
    where = members.get("read", place.child("read", {}))
    return {name: each.expression() for name, each in where.members(known, required=needed).items()}


def _plain(place: Place) -> dict[str, object]:
    """What stands for a field of the secret: strings and whole numbers."""
    for each in place.members().values():
        if not isinstance(each.value, str | int) or each.value == "":
            raise each.wrong("must be a string or a whole number")
    return {name: each.value for name, each in place.members().items()}
