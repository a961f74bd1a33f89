"""Clients through hundreds of rotations: what they hold must not grow.

After each rotation the kernel says what each process holds, and the target how many connections it
has. The first half of the rotations is compared with the second, by medians, as connections come
and go all the time.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from local.bench.clients.running import Bench, Wanted
from local.bench.clients.stage import Stage
from local.bench.clients.worker import RIVALLING
from local.targets import Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget

STRATEGIES = ("postgres", "postgres-alternating", "mysql", "http-set")
GROWTH = 1.05
# Logins in flight are counted too.
FEW = 2.0
MINUTE = 60.0
WARM = 5
HEADINGS = ("strategy", "face", "held", "rotations", "first half", "second half")


@dataclass(slots=True)
class Held:
    """What one process held after each rotation, by what; or a target's connections."""

    strategy: str
    face: str
    figures: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def halves(self) -> Iterator[tuple[str, int, float, float]]:
        """Of each kind: how many looks, and both medians."""
        for what, figures in self.figures.items():
            middle = len(figures) // 2
            if middle:
                yield what, len(figures), median(figures[:middle]), median(figures[middle:])

    def rows(self) -> Iterator[tuple[str, ...]]:
        """For a table."""
        for what, looks, first, second in self.halves():
            yield self.strategy, self.face, what, str(looks), f"{first:.1f}", f"{second:.1f}"

    def grown(self) -> list[str]:
        """What grew."""
        return [
            f"{self.strategy}, {self.face}: {what} grew from {first:.1f} to {second:.1f}"
            for what, _, first, second in self.halves()
            if second > (first * GROWTH if what == "MB" else first + FEW)
        ]


def soak(
    bench: Bench, names: Sequence[str], wanted: Wanted, minutes: float, say: Callable[[str], None]
) -> list[Held]:
    """Rotate each for its share of the time."""
    held = []
    for name in names:
        with bench.staged(name, wanted) as stage:
            held += _watched(name, stage, minutes * MINUTE / len(names), say)
    return held


def _watched(name: str, stage: Stage, seconds: float, say: Callable[[str], None]) -> list[Held]:
    found: dict[str, Held] = {}
    stage.crowd.enter(name, restless=True)
    stage = replace(stage, situation=name)
    ends, rotations = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        stage.rotate()
        rotations += 1
        if rotations <= WARM:
            continue
        looks = {**stage.crowd.look(), "": {"connections": connections(stage.target)}}
        for face, figures in looks.items():
            if face != RIVALLING:
                kept = found.setdefault(face, Held(name, face or "all"))
                for what, figure in figures.items():
                    kept.figures[what].append(figure)
    say(f"{name}: {rotations} rotations")
    return list(found.values())


def connections(target: Target) -> float:
    """How many the target has of its user, of the pair, or none where they are an API's."""
    if isinstance(target, PostgresTarget):
        with target.admin() as connection:
            user = str(target.document["username"])
            asked = "SELECT count(*) FROM pg_stat_activity WHERE starts_with(usename, %s)"
            row = connection.execute(asked, [user]).fetchone()
            return float(str(row[0])) if row else 0.0
    if isinstance(target, MySQLTarget):
        with target.admin() as admin, admin.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM information_schema.processlist WHERE user LIKE %s",
                [f"{target.document['username']}%"],
            )
            found = cursor.fetchone()
            return float(str(found[0])) if found else 0.0
    return 0.0
