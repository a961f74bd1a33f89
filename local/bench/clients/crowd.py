"""The processes of clients, one for each face, as the bench speaks to them."""

import multiprocessing
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from local.bench.clients.rivals import RIVALS
from local.bench.clients.tally import Tally
from local.bench.clients.worker import OURS, Task, work

EVERYBODY = (OURS, *RIVALS)
Found = dict[str, dict[tuple[str, str], Tally]]
_SECONDS = 120.0
_LOOK_SECONDS = 0.05


class Crowd:
    """The running processes by their face's name."""

    def __init__(self, pipes: dict[str, Connection], tasks: Sequence[Task]) -> None:
        self._pipes = pipes
        self._contenders = [(task.face, who) for task in tasks for who in task.contenders]

    def enter(self, situation: str, *, restless: bool = False) -> None:
        """Calls that begin from now on are made in this situation.

        restless: cached values are read anew now and then.
        """
        self._ask("situation", situation, restless)

    def tallies(self) -> Found:
        """By face; then by situation and contender."""
        found: Found = self._ask("tallies")
        return found

    def look(self) -> dict[str, dict[str, float]]:
        """What each process holds."""
        found: dict[str, dict[str, float]] = self._ask("look")
        return found

    def wait(self, situation: str, who: Iterable[str] = EVERYBODY) -> None:
        """Return once each of these has had one more good call in it; raises TimeoutError."""
        asked = [each for each in self._contenders if each[1] in who]
        before, ends = self._good(situation, asked), time.monotonic() + _SECONDS
        while time.monotonic() < ends:
            pairs = zip(self._good(situation, asked), before, strict=True)
            if all(now > earlier for now, earlier in pairs):
                return
            time.sleep(_LOOK_SECONDS)
        raise TimeoutError(f"somebody does not get in: {self.tallies()}")

    def _good(self, situation: str, asked: Iterable[tuple[str, str]]) -> list[int]:
        found = self.tallies()
        tallies = [found[face].get((situation, who), Tally()) for face, who in asked]
        return [each.calls - each.errors for each in tallies]

    def stop(self) -> Found:
        """End them; what all calls came to."""
        found: Found = self._ask("stop")
        return found

    def _ask(self, *words: object) -> Any:  # noqa: ANN401 - what the worker answers to it
        for pipe in self._pipes.values():
            pipe.send(words)
        for name, pipe in self._pipes.items():
            if not pipe.poll(_SECONDS):
                raise TimeoutError(f"the clients by {name} do not answer")
        return {name: pipe.recv() for name, pipe in self._pipes.items()}


@contextmanager
def crowd(tasks: Sequence[Task]) -> Iterator[Crowd]:
    """Run them while the block does."""
    context = multiprocessing.get_context("spawn")
    running, pipes = [], {}
    try:
        for task in tasks:
            ours, theirs = context.Pipe()
            process = context.Process(target=work, args=(task, theirs), daemon=True)
            process.start()
            theirs.close()
            running.append(process)
            pipes[task.face] = ours
        yield Crowd(pipes, tasks)
    finally:
        for pipe in pipes.values():
            pipe.close()
        for process in running:
            process.terminate()
            process.join()
