"""Values inside another language's quotes, as `{secret.NAME|sql}` has them."""

import json
import re
from collections.abc import Callable, Mapping

QUOTES = "'\"`"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class EscapeError(ValueError):
    """What of a value a language cannot have."""


def _sql(value: str, quote: str) -> str:
    # A backslash escapes in some servers and in others, by their settings, it does not.
    if "\\" in value or _CONTROL.search(value):
        raise EscapeError("has a backslash or a control character, which SQL cannot have")
    return value.replace(quote, quote * 2)


def _influxql(value: str, quote: str) -> str:
    # docs.influxdata.com/influxdb/v1/query_language/spec, "Strings": these escapes, and no others.
    text = value.replace("\\", "\\\\").replace(quote, f"\\{quote}").replace("\n", "\\n")
    if _CONTROL.search(text):
        raise EscapeError("has a control character, which InfluxQL cannot have")
    return text


def _json(value: str, _quote: str) -> str:
    return json.dumps(value)[1:-1]


def _graphql(value: str, _quote: str) -> str:
    # Characters beyond the first plane as themselves: a pair of escapes is two in GraphQL of 2018.
    return json.dumps(value, ensure_ascii=False)[1:-1]


# For each form, the quotes that a value may stand in, and what writes it for them.
ESCAPES: Mapping[str, tuple[str, Callable[[str, str], str]]] = {
    "sql": (QUOTES, _sql),
    "influxql": ("'\"", _influxql),
    "graphql": ('"', _graphql),
    "json": ('"', _json),
}


class QuoteScanner:
    """Which quote is open at the end of the text that was read.

    open: that quote, empty for none; nested: whether another kind of quote came after it.
    """

    def __init__(self) -> None:
        self.open = ""
        self.nested = False
        self._escaped = False

    def read(self, text: str) -> None:
        """Go on over this text."""
        for character in text:
            if self._escaped:
                self._escaped = False
            elif self.open and character == "\\":
                self._escaped = True
            elif not self.open and character in QUOTES:
                self.open, self.nested = character, False
            elif character == self.open:
                self.open = ""
            elif character in QUOTES:
                self.nested = True
