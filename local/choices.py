"""Names given on a command line, held against those that there are."""

from collections.abc import Collection, Sequence

import typer


def choose(
    given: Sequence[str] | None, known: Collection[str], *, usual: Sequence[str]
) -> Sequence[str]:
    """The given ones, or the usual ones where none is; raises BadParameter naming what there is."""
    if unknown := sorted(set(given or ()) - set(known)):
        raise typer.BadParameter(f"{', '.join(unknown)}; choose from {', '.join(known)}")
    return given or usual
