"""The model of a description: what an issuer's document says, once it is checked.

docs/issuers.md explains it by example; the checker is reader.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property

from rotators.http_api_key.description.names import Name
from rotators.http_api_key.description.parts import Parts
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Template

_MAX_VALUE = 200  # characters of a value that a pattern bounds
# What the parts of a listed key are called that no successor takes over as they are.
LISTED = ("keys", "id", "label", "created", "expires", "last_used", "shown")


@dataclass(frozen=True)  # without slots, for what is computed once
class Description(Parts):
    """An issuer: where it is, what a secret's fields hold, and its requests; see Parts."""

    @cached_property
    def names(self) -> frozenset[Name]:
        """Every name in it, wherever it stands."""
        return frozenset(names_in(self))

    @property
    def are_bases_fixed(self) -> bool:
        """Whether `values` say all names in all bases, so that no secret has a say."""
        bases = (self.base, *(request.base for request in self.requests))
        return all(name.field in self.values for name in names_in(bases))

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Every request in it."""
        login = self.admin.login if self.admin else None
        optional = (self.list, self.slot_list, *self.inspect, login)
        present = [request for request in optional if request is not None]
        return (self.renew, *self.revoke, self.probe, *present)

    @cached_property
    def kept_names(self) -> frozenset[str]:
        """The names after `kept.` that the request for the next key uses."""
        return frozenset(name.field for name in names_in(self.renew) if name.root == "kept")

    @property
    def needs_inspection(self) -> bool:
        """Whether `inspect` has to be asked: it refuses, or only it reads what is passed on."""
        listed = self._listed_names
        limits = {"lifetime", "ends"} if "expires" not in listed else set()
        only_there = (self._inspected_names - listed) | limits
        refuses = any(request.refuse for request in self.inspect)
        return refuses or (bool(self.inspect) and not self.kept_names.isdisjoint(only_there))

    @property
    def refuses_ends(self) -> bool:
        """Whether a current key that ends is refused, since its successor would not end."""
        shown = "expires" in self._listed_names | self._inspected_names
        return shown and self.kept_names.isdisjoint({"lifetime", "ends"})

    @cached_property
    def compared_names(self) -> tuple[str, ...]:
        """What a new key's answer and the list both tell: it is compared, and stored by `field`.

        `expires` is not of them: it is the new key's end, and no field of the secret.
        """
        shown = self._listed_names | self._inspected_names
        return tuple(sorted((self.renew.found.keys() & shown) - {*LISTED}))

    @property
    def _listed_names(self) -> set[str]:
        listing = self.list or self.slot_list
        return set(listing.found) if listing else set()

    @property
    def _inspected_names(self) -> set[str]:
        return {name for request in self.inspect for name in request.found}

    @cached_property
    def binds_id(self) -> bool:
        """Whether a probe that succeeds, or the key itself, shows that the id is this key's."""
        if self.carries is not None or self.fields.get("id") == self.fields["key"]:
            return True
        probe = self.probe
        if any(map(self._is_id, names_in(probe.auth or self.auth))):
            return True
        # An answer about whichever id was asked for tells nothing of the key that asked.
        asked = names_in((probe.path, probe.query, probe.body, probe.form, probe.text))
        expected = names_in(tuple(tree for _, tree in probe.expect))
        return any(map(self._is_id, expected)) and not any(map(self._is_id, asked))

    def _is_id(self, name: Name) -> bool:
        if name.root == "secret":
            return "id" in self.fields and self.field(name.field) == self.fields["id"]
        return name.root == "id"

    def unfit(self, document: Mapping[str, object]) -> str | None:
        """The field of a secret's document whose value its pattern does not match; None if all do.

        A value of more than 200 characters matches none.
        """
        values = self.values_of(document)
        for name, pattern in self.patterns.items():
            value = values.get(name)
            if value is not None and not (
                len(str(value)) <= _MAX_VALUE and pattern.fullmatch(str(value))
            ):
                return self.field(name)
        return None

    @cached_property
    def sent_names(self) -> tuple[str, ...]:
        """The secret's names that requests send, without those of the base, the admin and the key.

        Their values tell one account from another at the same issuer.
        """
        used = {name.field for name in names_in(self.requests) if name.root == "secret"}
        elsewhere = {*_fields(self.base), *(_fields(self.admin.secret) if self.admin else ())}
        rotating = {self.fields.get(part) for part in ("key", "id", "slot")}
        rotating |= {self.field(name) for name in self.compared_names}
        return tuple(sorted(name for name in used - elsewhere if self.field(name) not in rotating))

    @cached_property
    def owner_names(self) -> tuple[str, ...]:
        """Those of `sent_names` that stand in URLs, and so are not confidential."""
        urls = tuple((request.path, request.query) for request in self.requests)
        in_urls = {name.field for name in names_in(urls)}
        return tuple(name for name in self.sent_names if name in in_urls)

    def field(self, name: str) -> str:
        """The field of the secret that a name of the description is."""
        return self.fields.get(name, name)

    def other_slot(self, slot: str | None) -> str | None:
        """The slot whose turn is next; None where there are none."""
        return next((other for other in self.slots if other != slot), None)

    def values_of(self, document: Mapping[str, object]) -> dict[str, object]:
        """What every {secret.NAME} stands for, in the secret with this document."""
        names = {name.field for name in self.names if name.root == "secret"}
        stored = {name: document.get(self.field(name)) for name in names}
        present = {name: value for name, value in stored.items() if value is not None}
        return {**self.defaults, **present, **self.values}


def names_in(thing: object) -> Iterator[Name]:
    """Every name in the templates of a dataclass, a mapping or a tuple."""
    if isinstance(thing, Template):
        yield from thing.names
    elif isinstance(thing, Mapping):
        for value in thing.values():
            yield from names_in(value)
    elif isinstance(thing, tuple):
        for item in thing:
            yield from names_in(item)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for part in fields(thing):
            yield from names_in(getattr(thing, part.name))


def _fields(template: Template) -> list[str]:
    return [name.field for name in template.names]
