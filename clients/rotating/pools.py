"""What pools of whichever driver need: to be told of another version, in the loop they live in."""

import asyncio
import weakref
from collections.abc import Callable, Coroutine
from typing import TypeVar

from rotating.secret import Secret
from rotating.version import Version

T = TypeVar("T")


def renew_on_change(secret: Secret, pool: T, renew: Callable[[T], object]) -> None:
    """Have it done once another version is in use, as long as somebody has the pool."""
    reference = weakref.ref(pool)

    def hook(_: Version) -> None:
        if (pool := reference()) is not None:
            renew(pool)

    finalizer = weakref.finalize(pool, secret.on_change(hook))
    finalizer.atexit = False


class LoopOf:
    """The event loop in which something was last used; versions are found out in any thread."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def enter(self) -> None:
        """It is used in the running one."""
        self._loop = asyncio.get_running_loop()

    def begin(self, coroutine: Callable[[], Coroutine[object, object, object]]) -> None:
        """Have it run there, and wait for nothing; not at all once the loop is closed."""
        if self._loop is not None and not self._loop.is_closed():
            asyncio.run_coroutine_threadsafe(coroutine(), self._loop)
