"""A function of one's own, by name: `NAME=module:handler`, imported as Lambda would."""

import importlib
import re
import sys
from pathlib import Path

from local.functions.home import Handler

FORM = "NAME=module:handler"
# The name: Lambda API reference, CreateFunction. The rest: what Python calls names.
_GIVEN = re.compile(r"([A-Za-z0-9_-]{1,64})=([\w.]+):([A-Za-z_]\w*)")


class NamedError(Exception):
    """There is no such function; says what is wrong with it."""


def handlers(given: list[str], folder: Path) -> dict[str, Handler]:
    """Each function's handler by its name; raises NamedError.

    Modules of this folder come before all others.
    """
    if given and str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    found: dict[str, Handler] = {}
    for each in given:
        name, handler = _handler(each)
        if name in found:
            raise NamedError(f"{name!r} is given twice")
        found[name] = handler
    return found


def _handler(given: str) -> tuple[str, Handler]:
    match = _GIVEN.fullmatch(given)
    if match is None:
        raise NamedError(f"{given!r} is not of the form {FORM}")
    name, module, attribute = match.groups()
    try:
        loaded = importlib.import_module(module)
    except (Exception, SystemExit) as error:  # a module of the caller's own runs as it is imported
        raise NamedError(
            f"module {module!r} of {name!r} can't be imported: {type(error).__name__}: {error}"
        ) from error
    handler: Handler | None = getattr(loaded, attribute, None)
    if not callable(handler):
        raise NamedError(f"{loaded.__file__ or module} has no function {attribute!r} for {name!r}")
    return name, handler
