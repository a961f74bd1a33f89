"""Where targets are: servers and issuers that start when first asked for, each once."""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from local.servers.certificates import Authority
from local.targets.contract import Target

T = TypeVar("T")

Start = Callable[[Path, Authority], AbstractContextManager[T]]


class Place:
    """What runs goes with `stack`; `say` is told what is being started."""

    def __init__(
        self, folder: Path, authority: Authority, stack: ExitStack, say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._authority = authority
        self._stack = stack
        self._say = say
        self._running: dict[Start[Any], Any] = {}

    def running(self, start: Start[T]) -> T:
        """The one server, or issuer, that `start` starts."""
        if start not in self._running:
            name = getattr(start, "func", start).__name__  # a partial has none of its own
            self._say(f"starting {name.replace('_', ' ')}")
            started = self._stack.enter_context(start(self._folder, self._authority))
            self._running[start] = started
        found: T = self._running[start]
        return found


@dataclass(frozen=True, slots=True)
class Offer:
    """A target that can be had: the function that rotates it, and how it is made in a place."""

    function: str
    make: Callable[[Place], Target]
