"""The one lock of a service, over all of its regions."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Lock:
    """Held while secrets are looked at or changed; a thread may hold it again."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._later: list[Callable[[], None]] = []

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the lock; whatever `later` was given runs after it is free again."""
        due: list[Callable[[], None]] = []
        try:
            with self._lock:
                self._depth += 1
                try:
                    yield
                finally:
                    self._depth -= 1
                    if self._depth == 0:
                        due, self._later = self._later, []
        finally:
            for action in due:
                action()

    def later(self, action: Callable[[], None]) -> None:
        """Run the action once the lock is free: a subscriber may call the service."""
        self._later.append(action)
