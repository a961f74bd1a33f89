"""The table of docs/secrets.md on what a secret may ask for, held against what functions take."""

from collections.abc import Mapping

from shared.strategies import SingleUser
from tests.unit.shared.asked.test_wishes import ASKABLE, FUNCTIONS, backend_of, takes
from tests.unit.test_docs import names, rows

JSON: Mapping[str, str] = {
    "number": "number",
    "flag": "true or false",
    "text": "string",
    "object": "object",
}


def functions(cell: str) -> set[str]:
    """Those that the cell means."""
    every = FUNCTIONS.keys()
    if cell.startswith("every function"):
        return set(every) - set(names(cell))
    single = [each for each in every if isinstance(backend_of(each), SingleUser)]
    return {*names(cell), *(single if "single users" in cell else ())}


def test_every_member_is_in_the_table_with_its_type_and_its_functions() -> None:
    found = {
        member: (kind, functions(cell))
        for members, kind, cell, _ in rows("docs/secrets.md", "member of `rotation`")
        for member in names(members)
    }
    assert found == {
        variable.lower(): (
            JSON[kind],
            {name for name in FUNCTIONS if variable in takes(name)},
        )
        for variable, kind in ASKABLE.items()
    }
