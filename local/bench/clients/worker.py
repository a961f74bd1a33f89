"""A process of clients: one face in several threads or tasks, or each rival in one.

It is told over a pipe which situation it is in, and tells what its calls came to.
"""

import asyncio
import logging
import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from rotating import Secret

from local.bench import processes
from local.bench.clients.faces import FACES
from local.bench.clients.logins import plain
from local.bench.clients.rivals import RIVALS, Reader
from local.bench.clients.tally import Tallies
from local.bench.clients.where import Where

OURS, RIVALLING = "ours", "rivals"
# Applications do something else between two calls that failed.
_AFTER_ERROR_SECONDS = 0.02
_END_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is to do: call by a face, or as rivals where that is `RIVALLING`.

    pause: seconds from each call of a thread to its next.
    """

    where: Where
    face: str
    threads: int
    pause: float = 0.0

    @property
    def contenders(self) -> tuple[str, ...]:
        """Whose calls it makes."""
        return tuple(RIVALS) if self.face == RIVALLING else (OURS,)


class Worker:
    """See `work`."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.secret = Secret(task.where.secret)
        self.tallies = Tallies()
        self.situation = "start"
        self.restless = False
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin to call."""
        if self.task.face == RIVALLING:
            for name, made in RIVALS.items():
                rival = made(Reader(self.task.where.secret), plain(self.task.where))
                self._run(partial(self._calls, name, rival))
            return
        face = FACES[self.task.face]
        call = face.make(self.task.where, self.secret)
        if face.asynchronous:
            self._run(lambda: asyncio.run(self._tasks(call)))
        else:
            for _ in range(self.task.threads):
                self._run(partial(self._calls, OURS, call))
        self._run(self._refresh)

    def stop(self) -> None:
        """Return once all calls have ended."""
        self._stopped.set()
        for each in self._threads:
            each.join(_END_SECONDS)
            if each.is_alive():
                raise TimeoutError(f"{self.task.face}: a call does not end")

    def look(self) -> dict[str, float]:
        """What this process holds."""
        process = os.getpid()
        return {
            "MB": processes.megabytes(process),
            "descriptors": processes.descriptors(process),
            "threads": threading.active_count(),
        }

    def _run(self, target: Callable[[], None]) -> None:
        self._threads.append(threading.Thread(target=target, daemon=True))
        self._threads[-1].start()

    def _calls(self, who: str, call: Callable[[], object]) -> None:
        while not self._stopped.is_set():
            situation, began = self.situation, time.perf_counter()
            try:
                call()
            except Exception as error:  # noqa: BLE001 - what is counted
                self.tallies.bad(situation, who, error)
                self._stopped.wait(_AFTER_ERROR_SECONDS)
            else:
                self.tallies.good(situation, who, time.perf_counter() - began)
            if self.task.pause:
                self._stopped.wait(self.task.pause)

    async def _tasks(self, call: Callable[[], Any]) -> None:
        async def one() -> None:
            while not self._stopped.is_set():
                situation, began = self.situation, time.perf_counter()
                try:
                    await call()
                except Exception as error:  # noqa: BLE001 - what is counted
                    self.tallies.bad(situation, OURS, error)
                    await asyncio.sleep(_AFTER_ERROR_SECONDS)
                else:
                    self.tallies.good(situation, OURS, time.perf_counter() - began)
                await asyncio.sleep(self.task.pause)

        await asyncio.gather(*(one() for _ in range(self.task.threads)))

    def _refresh(self) -> None:
        """While it is restless: as if the cached value's life had just ended, now and then."""
        while not self._stopped.wait(random.uniform(0.1, 1.0)):  # noqa: S311 - nothing secret
            if self.restless:
                with suppress(Exception):
                    self.secret.refresh()


def work(task: Task, pipe: Connection) -> None:
    """Answer what comes over the pipe until it is `stop`; the main function of the process."""
    os.environ.update(task.where.environment)
    logging.disable()  # what is logged of trouble would stand between the lines of the bench
    worker = Worker(task)
    worker.start()
    while True:
        try:
            what, *more = pipe.recv()
        except EOFError:  # the bench is over
            return
        if what == "situation":
            worker.situation, worker.restless = more
            pipe.send(None)
        elif what == "tallies":
            pipe.send(dict(worker.tallies.found))
        elif what == "look":
            pipe.send(worker.look())
        elif what == "stop":
            worker.stop()
            pipe.send(dict(worker.tallies.found))
            return
