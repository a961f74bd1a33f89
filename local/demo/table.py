"""Tables as the demo and the benches draw them."""

from collections.abc import Iterable

from rich.table import Table


def table(words: Iterable[str], numbers: Iterable[str] = ()) -> Table:
    """An empty one without lines, with these headings; numbers are flush right.

    One space between columns, so that the longest names fit into eighty columns.
    """
    drawn = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
    for heading in words:
        drawn.add_column(heading, no_wrap=True)
    for heading in numbers:
        drawn.add_column(heading, justify="right", no_wrap=True)
    return drawn
