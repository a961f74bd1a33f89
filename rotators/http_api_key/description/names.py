"""The {names} of templates: what one may be called, and in which form its value is written."""

import re
from dataclasses import dataclass

from rotators.http_api_key.description.escapes import ESCAPES

_NAME = re.compile(
    r"(?:(secret|admin|kept)\.([A-Za-z0-9_-]+)|([a-z]+))"
    r"(?:\+([1-9][0-9]{0,3})([smhd]))?(\?)?(?:\|([a-z]+))?"
)
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TIME_FORMS = ("iso", "date", "unix", "ms")
UNITS = {"minutes": 60, "hours": 3600, "days": 86400}
# What a name may be without a field; `key` and `old` are key values, `slot` one of `slots`.
PLAIN = frozenset({"id", "key", "old", "slot", "label", "version", "arn", "tag", "token"})
# A value of these must not come to stand in a URL, which servers and proxies log.
CONFIDENTIAL = frozenset({"key", "old", "token", "admin"})


class TemplateError(ValueError):
    """Why a text is no template."""


@dataclass(frozen=True, slots=True)
class Name:
    """One {name}: its root such as `secret` or `now`, and what follows it.

    seconds: of a time, what is added to it.
    form: how the value is written: a time's, the unit of a length of time, or a language.
    quote: of a language, the quotes that the value stands in.
    """

    root: str
    field: str = ""
    optional: bool = False
    seconds: int = 0
    form: str = ""
    quote: str = ""

    def __str__(self) -> str:
        return f"{self.root}.{self.field}" if self.field else self.root

    @property
    def is_time(self) -> bool:
        """Whether it stands for a moment."""
        return str(self) in ("now", "kept.ends")

    @property
    def may_be_missing(self) -> bool:
        """Whether what it stands in is left out where it has no value."""
        return self.optional or self.root == "kept"

    @classmethod
    def parse(cls, text: str) -> "Name":
        """What is between the braces; raises TemplateError."""
        match = _NAME.fullmatch(text)
        if match is None:
            raise TemplateError("has a name in braces that there is not")
        root, field, plain, number, unit, optional, form = match.groups()
        name = cls(root or plain, field or "", bool(optional), form=form or "")
        if (plain and optional) or (number and not name.is_time):
            raise TemplateError("has a name in braces that there is not")
        if name.is_time:
            added = int(number) * SECONDS[unit] if number else 0
            name = cls(name.root, name.field, seconds=added, form=form or "iso")
        elif plain and plain not in PLAIN:
            raise TemplateError("has a name in braces that there is not")
        if form and form not in name._forms():
            raise TemplateError(f"must not have |{form}; here are |{', |'.join(name._forms())}")
        return name

    def _forms(self) -> tuple[str, ...]:
        if self.is_time:
            return TIME_FORMS
        return (*ESCAPES, *(UNITS if str(self) == "kept.lifetime" else ()))
