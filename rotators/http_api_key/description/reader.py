"""Checks a description as a whole, before anything is called; a refusal names the place in it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from rotators.http_api_key.description.auth import Auth
from rotators.http_api_key.description.listings import Listings, read_found, read_listings
from rotators.http_api_key.description.members import (
    read_carries,
    read_confidential,
    read_label,
    read_patterns,
    read_policy,
    read_seconds,
    read_values,
)
from rotators.http_api_key.description.model import LISTED, Description, names_in
from rotators.http_api_key.description.outcomes import check_proof
from rotators.http_api_key.description.parts import Admin
from rotators.http_api_key.description.places import Place
from rotators.http_api_key.description.quotes import check_quotes
from rotators.http_api_key.description.renewals import Ending, read_ending, read_renewal
from rotators.http_api_key.description.requests import Request, read_base, read_request
from rotators.http_api_key.description.urls import check_urls
from shared.keys.api_key import Way

_WAYS = {"issue": Way.ISSUED, "replace": Way.REPLACED, "set": Way.CHOSEN}
_MEMBERS = (
    *("documentation", "base", "fields", "values", "defaults", "patterns", "label", "auth"),
    *("admin", *_WAYS, "list", "inspect", "revoke", "probe", "slots", "choose", "propagation"),
    *("carries", "confidential"),
)


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
    description = _Reader(place, found, fields, slots, ways[0]).description()
    check_urls(description)
    check_quotes(description)
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
        patterns = read_patterns(self._member("patterns", {}))
        listings = self._listings()
        renewal = read_renewal(found[self.way], self.way, self._renewal_names(listings), slots)
        ending = self._ending()
        description = Description(
            base=read_base(found["base"]),
            way=_WAYS[self.way],
            fields=self.fields,
            values=read_values(self._member("values", {})),
            defaults=read_values(self._member("defaults", {})),
            label=read_label(self._member("label", "{arn} {version}")),
            auth=Auth.read(found["auth"], self._key_names),
            admin=self._admin(),
            renew=renewal.request,
            keys=renewal.keys,
            idempotent=renewal.idempotent,
            list=None if slots else listings.list,
            slot_list=listings.list if slots else None,
            slot_keys=listings.slot_keys,
            inspect=listings.inspect,
            revoke=ending.requests,
            revoke_expires=ending.expires,
            is_revocation_proved=ending.proved,
            probe=self._probe(),
            slots=slots,
            choose=read_policy(found["choose"]) if "choose" in found else None,
            propagation=read_seconds(found["propagation"]) if "propagation" in found else 0,
            carries=read_carries(found["carries"], self.fields) if "carries" in found else None,
            is_id_confidential=read_confidential(self._member("confidential", []), self.fields),
            patterns=patterns,
        )
        self._check_patterns(description)
        self._check_label(description)
        self._check_own_fields(description)
        return description

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
            names = {"secret", "admin"}
            login, members = read_request(found["login"], names, more=["base"])
            login = replace(
                login, found=read_found(found["login"], members, ("token",), ("token",))
            )
            if "base" in members and login.base and login.base.whole is not None:
                # The admin's secret does not say where that is, and its key is sent there.
                raise members["base"].wrong("must begin with https://")
        auth = Auth.read(found["auth"], {"secret", *self._asker_names})
        found["secret"].text()  # raises for an empty one, which names no secret
        return Admin(found["secret"].template({"secret"}), auth, login)

    def _listings(self) -> Listings:
        names = {"secret", "arn", "tag", *self._asker_names, *(self._key_names - {"key"})}
        return read_listings(self.place, self.found, names, self.slots)

    def _renewal_names(self, listings: Listings) -> set[str]:
        names = {"secret", "now", "label", "version", "arn", "tag", *self._asker_names}
        names |= {"key"} if self.way == "issue" else self._key_names
        if self.way == "set":
            names.add("old")
        return names | _kept(listings)

    def _ending(self) -> Ending:
        if "revoke" in self.found:
            return read_ending(self.found["revoke"], {"secret", "id", "now", *self._asker_names})
        if self.way == "issue":
            raise self.place.missing("revoke")
        return Ending()

    def _probe(self) -> Request:
        place = self.found["probe"]
        request, _ = read_request(place, {"now", *self._key_names}, more=["base"])
        check_proof(place, request.outcomes)
        return request

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

    def _check_label(self, description: Description) -> None:
        """Check that a label that is looked for is sent: else no lost key would ever be found."""
        if description.list is None or "label" not in description.list.found:
            return
        sent = {name.root for name in names_in(description.renew)}
        if self.way == "issue" and not ("label" in sent or sent >= {"version", "tag"}):
            raise self.found["issue"].wrong("does not send {label}, which 'list' reads")

    def _check_own_fields(self, description: Description) -> None:
        """Check that nothing else that is read is stored over the key, its id or its slot."""
        rotating = {self.fields.get(part) for part in ("key", "id", "slot")}
        for name in description.renew.found:
            if name != "id" and description.field(name) in rotating:
                where = self.found[self.way].child("read").child(name)
                raise where.wrong("is stored in the field of the key, its id or its slot")

    def _check_patterns(self, description: Description) -> None:
        """Check that each pattern is of a field that is sent and that no rotation changes."""
        sent = {name.field for name in description.names if name.root == "secret"}
        rotating = {self.fields.get(part) for part in ("key", "id", "slot")}
        rotating |= {description.field(name) for name in description.renew.found}
        for name in description.patterns:
            if name not in sent or description.field(name) in rotating:
                where = self.place.child("patterns").child(name)
                raise where.wrong("is not a name that requests send and no rotation changes")


def _kept(listings: Listings) -> set[str]:
    """The names of what a new key takes over of the one it replaces."""
    requests = [*listings.inspect, *([listings.list] if listings.list else [])]
    found = {name for request in requests for name in request.found}
    limits = {"kept.lifetime", "kept.ends"} if "expires" in found else set()
    return limits | {f"kept.{name}" for name in found if name not in LISTED}
