"""The model of a description: what an issuer's document says, once it is checked.

docs/issuers.md explains it by example; the checker is reader.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property

from rotators.http_api_key.description.places import Expression
from rotators.http_api_key.description.requests import Auth, Request
from rotators.http_api_key.description.templates import Name, Template
from shared.keys.api_key import Way
from shared.passwords import PasswordPolicy

_NO_FIELD = "issuer"  # what an error names where no field of the secret says it


@dataclass(frozen=True, slots=True)
class Admin:
    """Whose key issues and revokes: the ARN of its secret, how it asks, and how it logs in."""

    secret: Template
    auth: Auth
    login: Request | None


@dataclass(frozen=True, slots=True)
class FieldNames:
    """The fields of the secret that errors name, `issuer` where there is none.

    url: where the issuer is; owner: whose key it is; admin: which secret the admin's key is in;
    key: the key itself.
    """

    url: str
    owner: str
    admin: str
    key: str


@dataclass(frozen=True)  # without slots, for what is computed once
class Description:
    """An issuer: where it is, what a secret's fields hold, and its requests.

    base: what every URL begins with.
    way: how an account gets its next key; renew: the request for it.
    fields: which field of the secret a name of the description is.
    values, defaults: what stands before and after the secret's own.
    label: what the issuer is to note beside a key.
    auth: how a key's owner asks; admin: None where the current key is its own admin.
    keys: what finds the new key in the answer to `renew`, for each slot, or for "" without slots;
    empty where the key is not in it.
    idempotent: whether `renew` gives the same key again for the same version.
    choose: what keys are like that are chosen here, None for the function's password settings.
    propagation: seconds in which a new key may not work yet, and an old one still.
    """

    base: Template
    way: Way
    fields: Mapping[str, str]
    values: Mapping[str, object]
    defaults: Mapping[str, object]
    label: Template
    auth: Auth
    admin: Admin | None
    renew: Request
    keys: Mapping[str, Expression]
    idempotent: bool
    list: Request | None
    revoke: tuple[Request, ...]
    probe: Request
    slots: tuple[str, ...]
    choose: PasswordPolicy | None
    propagation: int

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
        optional = [request for request in (self.list, login) if request is not None]
        return (self.renew, *self.revoke, self.probe, *optional)

    @cached_property
    def sent_names(self) -> tuple[str, ...]:
        """The secret's names that requests send, without those of the base, the admin and the key.

        Their values tell one account from another at the same issuer.
        """
        used = {name.field for name in names_in(self.requests) if name.root == "secret"}
        elsewhere = {*_fields(self.base), *(_fields(self.admin.secret) if self.admin else ())}
        rotating = {self.fields.get(part) for part in ("key", "id", "slot")}
        return tuple(sorted(name for name in used - elsewhere if self.field(name) not in rotating))

    @cached_property
    def owner_names(self) -> tuple[str, ...]:
        """Those of `sent_names` that stand in URLs, and so are not confidential."""
        urls = tuple((request.path, request.query) for request in self.requests)
        in_urls = {name.field for name in names_in(urls)}
        return tuple(name for name in self.sent_names if name in in_urls)

    @cached_property
    def field_names(self) -> FieldNames:
        """What errors call the parts of the secret."""
        admin = _fields(self.admin.secret) if self.admin else []
        return FieldNames(
            url=self._first_field(_fields(self.base)),
            owner=self._first_field([*self.owner_names, *self.sent_names]),
            admin=self._first_field(admin),
            key=self.fields["key"],
        )

    def _first_field(self, names: Sequence[str]) -> str:
        return self.field(names[0]) if names else _NO_FIELD

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
