"""Checks a description as a whole, before anything is called; a refusal names the place in it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from rotators.http_api_key.description.members import (
    read_label,
    read_policy,
    read_seconds,
    read_values,
)
from rotators.http_api_key.description.model import Admin, Description, names_in
from rotators.http_api_key.description.places import Expression, Place
from rotators.http_api_key.description.requests import Auth, Pages, Request, read_base, read_request
from shared.keys.api_key import Way

_WAYS = {"issue": Way.ISSUED, "replace": Way.REPLACED, "set": Way.CHOSEN}
_MEMBERS = (
    *("documentation", "base", "fields", "values", "defaults", "label", "auth", "admin"),
    *(*_WAYS, "list", "revoke", "probe", "slots", "choose", "propagation"),
)
_LISTED = ("keys", "id", "label", "created", "expires")


def read_description(document: object, at: str) -> Description:
    """Raises DescriptionError naming the place, which begins with `at`."""
    place = Place(document, at)
    found = place.members(_MEMBERS, required=["base", "fields", "auth", "admin", "probe"])
    ways = [name for name in _WAYS if name in found]
    if len(ways) != 1:
        raise place.wrong("must have one of issue, replace, set")
    members = found["fields"].members(required=["key"])
    fields = {name: member.text() for name, member in members.items()}
    slots = tuple(item.text() for item in found["slots"].items()) if "slots" in found else ()
    reader = _Reader(place, found, fields, slots, ways[0])
    description = reader.description()
    reader.keep_the_key_out_of_urls(description)
    return description


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a description's members; which names one may use depends on the others.

    place: the description; found: its members; way: the one of issue, replace and set that it has.
    """

    place: Place
    found: Mapping[str, Place]
    fields: Mapping[str, str]
    slots: tuple[str, ...]
    way: str

    def description(self) -> Description:
        found = self.found
        slots = self._slots()
        listing = self._list()
        request, keys, idempotent = self._renew(_kept(listing))
        return Description(
            base=read_base(found["base"]),
            way=_WAYS[self.way],
            fields=self.fields,
            values=read_values(self._member("values", {})),
            defaults=read_values(self._member("defaults", {})),
            label=read_label(self._member("label", "{arn} {version}")),
            auth=Auth.read(found["auth"], self._key_names),
            admin=self._admin(),
            renew=request,
            keys=keys,
            idempotent=idempotent,
            list=listing,
            revoke=self._revoke(),
            probe=read_request(found["probe"], {"now", *self._key_names}, more=["base"])[0],
            slots=slots,
            choose=read_policy(found["choose"]) if "choose" in found else None,
            propagation=read_seconds(found["propagation"]) if "propagation" in found else 0,
        )

    @property
    def _key_names(self) -> set[str]:
        """The names of what a secret and the key in it have."""
        parts = {"id"} & self.fields.keys() | ({"slot"} if self.slots else set())
        return {"secret", "key", *parts}

    @property
    def _asker_names(self) -> set[str]:
        """The names of what the admin has; none where the key is its own admin."""
        admin = self.found["admin"].value
        if not isinstance(admin, dict):
            return set()
        return {"admin", "token"} if "login" in admin else {"admin"}

    def _member(self, name: str, default: object) -> Place:
        return self.found.get(name, self.place.child(name, default))

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
        auth = Auth.read(found["auth"], {"secret", *self._asker_names})
        found["secret"].text()  # raises for an empty one, which names no secret
        return Admin(found["secret"].template({"secret"}), auth, login)

    def _list(self) -> Request | None:
        if "list" not in self.found:
            return None
        place = self.found["list"]
        names = {"secret", "arn", "tag", *self._asker_names, *(self._key_names - {"key"})}
        request, members = read_request(place, names, more=["pages"])
        needed = ["keys", "id"] if self.way == "issue" else ["keys"]
        read = _read(place, members, None, needed)
        if "expires" in read and "created" not in read:
            raise place.child("read").missing("created")  # from both, the lifetime is known
        pages = Pages.read(members["pages"]) if "pages" in members else None
        if pages and pages.size and pages.query in request.query:
            raise place.child("query").child(pages.query).wrong("is what 'pages' sets")
        return replace(request, found=read, pages=pages)

    def _renew(self, kept: Collection[str]) -> tuple[Request, dict[str, Expression], bool]:
        """The request for the next key, what finds the key in its answer, and `idempotent`.

        kept: the names of what a new key takes over. See Description for the second.
        """
        place = self.found[self.way]
        names = {"secret", "now", "label", "version", "arn", "tag", *self._asker_names, *kept}
        names |= {"key"} if self.way == "issue" else self._key_names
        if self.way == "set":
            names.add("old")
        request, members = read_request(place, names, more=["idempotent"])
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
        found = {name: member.expression() for name, member in reading.items()}
        return replace(request, found=found), keys, idempotent

    def _keys(self, place: Place) -> dict[str, Expression]:
        if not self.slots:
            return {"": place.expression()}
        members = place.members(self.slots, required=self.slots)
        return {slot: member.expression() for slot, member in members.items()}

    def _revoke(self) -> tuple[Request, ...]:
        if "revoke" not in self.found:
            if self.way == "issue":
                raise self.place.missing("revoke")
            return ()
        place = self.found["revoke"]
        names = {"secret", "id", "now", *self._asker_names}
        places = place.items() if isinstance(place.value, list) else iter((place,))
        return tuple(read_request(request, names)[0] for request in places)

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

    def keep_the_key_out_of_urls(self, description: Description) -> None:
        """Check that no URL has the field that holds the key; raises DescriptionError.

        {key} itself is refused where a template is read.
        """
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
    limits = {"kept.lifetime", "kept.ends"} if "expires" in listing.found else set()
    return limits | {f"kept.{name}" for name in listing.found if name not in _LISTED}


def _read(
    place: Place,
    members: Mapping[str, Place],
    known: Collection[str] | None,
    needed: Collection[str],
) -> dict[str, Expression]:
    """The expressions of `read`; known: the names it may have, None for any; needed: must have."""
    where = members.get("read", place.child("read", {}))
    found = where.members(known, required=needed)
    return {name: member.expression() for name, member in found.items()}
