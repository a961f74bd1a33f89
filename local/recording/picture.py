"""What a program writes to a terminal, as an SVG."""

import io

from rich.console import Console
from rich.text import Text

WIDTH = 118  # characters


def picture(title: str, written: str) -> str:
    """The SVG; written: with the terminal's codes of colours, in lines of any length."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), highlight=False)
    console.print(Text.from_ansi(written.rstrip("\n")))
    return console.export_svg(title=title, unique_id=title.replace(" ", "-").replace("/", "-"))
