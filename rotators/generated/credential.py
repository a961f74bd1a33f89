"""What a secret holds, with the rules by which its fields are made."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self

from rotators.generated.forms.form import Form
from shared.document.form import with_fields


class Held(NamedTuple):
    """One field that is made anew: its form, and what is in it."""

    name: str
    form: Form
    value: object


@dataclass(frozen=True, slots=True)
class Generated:
    """The credential of this kind: a secret's value, of which the named fields are made anew.

    document: the value, confidential values included. forms: by field.
    """

    forms: Mapping[str, Form]
    document: Mapping[str, object] = field(repr=False)

    def held(self) -> Iterator[Held]:
        """Each field that is made anew, in the order in which the rules name them."""
        for name, form in self.forms.items():
            yield Held(name, form, self.document.get(name))

    def with_values(self, values: Mapping[str, object]) -> Self:
        """The same with these in their fields, and all else as it is."""
        return replace(self, document=with_fields(self.document, values))
