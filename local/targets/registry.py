"""The targets and servers of all kinds, as `rotators/<kind>/testing` declares them."""

import importlib
from collections.abc import Mapping
from typing import Any

from local import template
from local.kinds import TESTING, kinds
from local.servers.choice import ServerChoice
from local.targets.place import Offer


def targets() -> dict[str, Offer]:
    """Every target by name; of those that a function rotates, the first is its usual one."""
    return _declared("TARGETS")


def servers() -> dict[str, ServerChoice]:
    """Every server by name."""
    return _declared("SERVERS")


def targets_of(function: str) -> list[str]:
    """The names of the targets that the function rotates; none where nobody declared one."""
    return [name for name, offer in targets().items() if offer.function == function]


def usual_targets() -> list[str]:
    """One target for each function that has any, in the template's order."""
    return [names[0] for function in template.functions() if (names := targets_of(function))]


def _declared(name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for kind in kinds():
        declared: Mapping[str, Any] = getattr(
            importlib.import_module(f"rotators.{kind}.{TESTING}"), name, {}
        )
        if twice := found.keys() & declared.keys():
            raise ValueError(f"{name} of two kinds have one name: {', '.join(sorted(twice))}")
        found |= declared
    return found
