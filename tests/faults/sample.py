"""A random sample of points, in their order; the same seed gives the same sample."""

import random
from collections.abc import Sequence
from typing import TypeVar

SEED = "1"

T = TypeVar("T")


class Sample:
    """Chooses points, or with `everything` keeps all of them."""

    def __init__(self, seed: str, *, everything: bool) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._everything = everything

    def __call__(self, points: Sequence[T], at_most: int) -> list[T]:
        """At most so many of the points, in their order."""
        if self._everything or len(points) <= at_most:
            return list(points)
        return [points[i] for i in sorted(self._random.sample(range(len(points)), at_most))]

    def one(self, points: Sequence[T]) -> list[T]:
        """One of the points, even with `everything`: for use in combination with another point."""
        return [self._random.choice(points)]
