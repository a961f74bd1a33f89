"""A server that `make servers` and the tests can be asked for by name."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from local.servers.certificates import Authority
from local.servers.prefix import Recipe
from local.servers.server import Server


@dataclass(frozen=True, slots=True)
class ServerChoice:
    """What a name stands for; `usual`: whether it runs where no name is given."""

    recipe: Recipe
    run: Callable[[Path, Authority], AbstractContextManager[Server]]
    usual: bool = True
