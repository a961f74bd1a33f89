"""The model of a description: what an issuer's document says, once it is checked.

docs/issuers.md explains it by example; the checker is reader.py.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from rotators.http_api_key.description.places import Expression
from rotators.http_api_key.description.requests import Auth, Request
from rotators.http_api_key.description.templates import Name, Template
from shared.keys.api_key import Way
from shared.passwords import PasswordPolicy


@dataclass(frozen=True, slots=True)
class Admin:
    """Whose key issues and revokes: the ARN of its secret, how it asks, and how it logs in."""

    secret: Template
    auth: Auth
    login: Request | None


@dataclass(frozen=True, slots=True)
class Description:
    """An issuer: where it is, what a secret's fields hold, and its requests.

    admin: None where the current key is its own admin; fields: which field of the secret a name
    of the description is; values, defaults: what stands before and after the secret's own;
    choose: what keys are like that are made here, None for the function's password settings;
    propagation: seconds in which a new key may not work yet, and an old one still.
    inline: whether the secret itself says what is sent, so that its writer decides.
    free: whether a secret may say all of the base: on the right host, too, a path may be anybody's.
    """

    base: Template
    way: Way
    fields: Mapping[str, str]
    values: Mapping[str, object]
    defaults: Mapping[str, object]
    label: Template
    auth: Auth
    admin: Admin | None
    make: Request
    keys: Mapping[str, Expression]
    idempotent: bool
    list: Request | None
    revoke: tuple[Request, ...]
    probe: Request
    slots: tuple[str, ...]
    choose: PasswordPolicy | None
    propagation: int
    inline: bool = False
    free: bool = False

    @property
    def names(self) -> frozenset[Name]:
        """Every name in it, wherever it stands."""
        return frozenset(names_in(self))

    @property
    def fixed(self) -> bool:
        """Whether no secret has a say in where requests go."""
        bases = (self.base, *(each.base for each in self.requests))
        return all(name.field in self.values for name in names_in(bases))

    @property
    def requests(self) -> tuple[Request, ...]:
        """Every request in it."""
        login = self.admin.login if self.admin else None
        others = (self.list, login)
        return (self.make, *self.revoke, self.probe, *(each for each in others if each))

    def field(self, name: str) -> str:
        """The field of the secret that a name of the description is."""
        return self.fields.get(name, name)

    def values_of(self, document: Mapping[str, object]) -> dict[str, object]:
        """What every {secret.NAME} stands for."""
        names = {name.field for name in self.names if name.root == "secret"}
        said = {name: document.get(self.field(name)) for name in names}
        known = {name: value for name, value in said.items() if value is not None}
        return {**self.defaults, **known, **self.values}


def names_in(thing: object) -> Iterator[Name]:
    """Every name in the templates of a dataclass, a mapping or a tuple."""
    if isinstance(thing, Template):
        yield from thing.names
    elif isinstance(thing, Mapping):
        for each in thing.values():
            yield from names_in(each)
    elif isinstance(thing, tuple):
        for each in thing:
            yield from names_in(each)
    elif is_dataclass(thing) and not isinstance(thing, type):
        for each in fields(thing):
            yield from names_in(getattr(thing, each.name))
