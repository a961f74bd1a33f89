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
        """What the quotes stand around."""
        inner = self.text[1:-1]
        if self.kind == "name":
            return inner.replace("``", "`")
        if self.kind == "string":
            escaped = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), inner, flags=re.DOTALL)
            return escaped.replace("''", "'")
        return self.text

    def says(self, *words: str) -> bool:
        """Whether it is one of these words, unquoted."""
        return self.kind in ("word", "sign") and self.text in words


def tokens(sql: str) -> list[Token]:
    """The statement's tokens in their order."""
    return [
        Token(str(match.lastgroup), match[match.lastgroup or 0]) for match in _TOKEN.finditer(sql)
    ]


def spelled(those: Iterable[Token]) -> str:
    """The tokens as SQL again; words and strings apart, what belongs to a name together."""
    text = ""
    for token in those:
        apart = text and token.text not in ".,)@" and text[-1] not in ".(@"
        text += f" {token.text}" if apart else token.text
    return text


def split(those: Sequence[Token], at: str) -> list[list[Token]]:
    """The parts between the signs or words `at`, except for those in parentheses."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in those:
        depth += token.says("(") - token.says(")")
        if depth == 0 and token.says(at):
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
