"""One piece of work for each of many secrets, some at a time."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    work: Callable[[T], R], items: Iterable[T], at_once: int, stop: threading.Event
) -> Iterator[R]:
    """What comes of each, as it comes; interrupted, `stop` is set and no other one is begun."""
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(work, each) for each in items]
        try:
            for done in as_completed(running):
                yield done.result()
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
