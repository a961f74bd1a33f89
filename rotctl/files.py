"""Files that a person gives: read whole, and what is wrong with them as files."""

import os
import shlex
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rotctl.state.finding import Finding, broken, warning
from rotctl.trouble import Trouble

INPUT = "-"
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


@dataclass(frozen=True, slots=True)
class Source:
    """A file's text, None where it is none, and what was found about the file itself."""

    name: str
    text: str | None
    findings: Sequence[Finding]

    def __repr__(self) -> str:  # it may be shown where something fails
        return f"Source({self.name!r})"


def read(name: str) -> Source:
    """The file of this name, or the input for `-`; raises Trouble where it cannot be read."""
    try:
        text = sys.stdin.read() if name == INPUT else Path(name).read_bytes().decode()
        text.encode()  # the input may have what is no text, in Python's own disguise
        mode = 0 if name == INPUT else Path(name).stat().st_mode
    except UnicodeError:
        return Source(name, None, [broken("", "it is no text in UTF-8", "save it as UTF-8")])
    except OSError as error:
        raise Trouble(
            f"{name}: it cannot be read ({error.strerror})", do="check the name and its rights"
        ) from None
    if text.startswith(_MARK):
        words = "it begins with a byte order mark, which would be stored too"
        return Source(name, None, [broken("", words, "save it as UTF-8 without one")])
    return Source(name, text, _open_to_others(name, mode))


def _open_to_others(name: str, mode: int) -> list[Finding]:
    others = stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO)
    if not others or not stat.S_ISREG(mode) or os.name != "posix":
        return []
    words = f"others on this machine may open the file (mode {stat.S_IMODE(mode):03o})"
    return [warning("", words, f"`chmod 600 {shlex.quote(name)}`, and remove it once it is stored")]
