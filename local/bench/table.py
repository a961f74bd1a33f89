"""What the bench found: figures, each with what it stands beside, in one table."""

from collections.abc import Iterable
from dataclasses import dataclass

from rich.table import Table

from local.demo.table import table as empty

WORDS, NUMBERS = ("part", "of", "what", "beside"), ("figure", "its figure", "ratio")


@dataclass(frozen=True, slots=True)
class Row:
    """A figure in the unit that `what` ends with, and the figure of what it stands beside."""

    part: str
    of: str
    what: str
    figure: float
    beside: str = ""
    other: float | None = None

    @property
    def cells(self) -> tuple[str, ...]:
        """As they are shown; the ratio is figure to figure."""
        compared = "" if self.other is None else _shown(self.other)
        ratio = f"{self.figure / self.other:.2f}" if self.other else ""
        return self.part, self.of, self.what, self.beside, _shown(self.figure), compared, ratio


def drawn(rows: Iterable[Row]) -> Table:
    """For a terminal."""
    made = empty(WORDS, NUMBERS)
    for row in rows:
        made.add_row(*row.cells)
    return made


def markdown(rows: Iterable[Row]) -> str:
    """For a document."""
    headings = (*WORDS, *NUMBERS)
    lines = (headings, ["---"] * len(headings), *(row.cells for row in rows))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _shown(figure: float) -> str:
    """Three digits that say something, or all of a whole number."""
    if figure >= 100 or isinstance(figure, int):  # noqa: PLR2004 - see above
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"  # noqa: PLR2004
