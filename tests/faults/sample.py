"""A part of more points than a run has time for, in their own order; the same for the same seed."""

import random
from collections.abc import Sequence
from typing import TypeVar

SEED = "1"

T = TypeVar("T")


class Sample:
    """Chooses points; where `everything` is asked for, all of them."""

    def __init__(self, seed: str, *, everything: bool) -> None:
        self._random = random.Random(seed)  # noqa: S311 - to be had again, not secret
        self._everything = everything

    def __call__(self, points: Sequence[T], at_most: int) -> list[T]:
        """At most so many of the points, in their order."""
        if self._everything or len(points) <= at_most:
            return list(points)
        return [points[i] for i in sorted(self._random.sample(range(len(points)), at_most))]

    def one(self, points: Sequence[T]) -> list[T]:
        """One of the points, whatever is asked for: to be tried on top of something else."""
        return [self._random.choice(points)]
