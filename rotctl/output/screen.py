"""Where a person reads: the output, and beside it what is no output."""

import os
import sys

from rich.console import Console

# Of a file or a pipe, which a program cuts by lines.
_WIDE = 250


def out() -> Console:
    """The output; an ARN is no markup, and has no emoji in it."""
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else _WIDE
    return Console(highlight=False, markup=False, emoji=False, width=wide)


def say(line: str) -> None:
    """A line of the output, however long."""
    out().print(line, soft_wrap=True)


def aside() -> Console:
    """Where it is told what is being done."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


def tell(line: str) -> None:
    """A line that is no output, however long: what is being done, or went wrong."""
    aside().print(line, soft_wrap=True)
