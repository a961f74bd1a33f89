"""The words, names and strings of what SHOW GRANTS and SHOW CREATE USER answer."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<name>`(?:[^`]|``)*`)
      | (?P<string>'(?:[^'\\]|''|\\.)*')
      | (?P<word>[\w$]+)
      | (?P<sign>\S)
    )""",
    re.VERBOSE | re.DOTALL,
)
# What the server escapes in a string that it prints.
_ESCAPES = {"0": "\0", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a", "b": "\b"}


class Token(NamedTuple):
    """One token as the server wrote it, quotes included, so that it may be sent back as it is."""

    kind: str  # name, string, word or sign
    text: str

    @property
    def value(self) -> str:
        """The text without its quotes and what they make of characters in it."""
        inner = self.text[1:-1]
        if self.kind == "name":
            return inner.replace("``", "`")
        if self.kind == "string":
            # In one pass: two quotes that were each escaped are two, not one that was doubled.
            return re.sub(r"''|\\(.)", _unescaped, inner, flags=re.DOTALL)
        return self.text

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these words or signs, unquoted."""
        return self.kind in ("word", "sign") and self.text in words


def _unescaped(match: re.Match[str]) -> str:
    character: str | None = match[1]
    return "'" if character is None else _ESCAPES.get(character, character)


def tokenize(sql: str) -> list[Token]:
    """Return the statement's tokens in their order."""
    return [
        Token(str(match.lastgroup), match[match.lastgroup or 0]) for match in _TOKEN.finditer(sql)
    ]


def to_sql(tokens: Iterable[Token]) -> str:
    """Return the tokens as SQL: words and strings apart, what belongs to a name together."""
    text = ""
    for token in tokens:
        apart = text and token.text not in ".,)@" and text[-1] not in ".(@"
        text += f" {token.text}" if apart else token.text
    return text


def split_at(tokens: Sequence[Token], separator: str) -> list[list[Token]]:
    """Return the parts between these words or signs, of which those in parentheses do not count."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.is_word("(") - token.is_word(")")
        if depth == 0 and token.is_word(separator):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
