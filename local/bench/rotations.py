"""What a warm rotation takes, beside one by AWS's function for the same: by turns, same servers.

The time of the four steps, not of the service between them; the median of many.
"""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import NamedTuple

from local.bench.home import Taken
from local.bench.running import Bench, RotationFailedError
from local.bench.table import Row
from local.bootstrap import say
from local.functions.built import Built
from local.servers import Server, mariadb, mysql, postgres
from local.targets.place import Start
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget

PART = "warm rotation"
OURS, THEIRS = "ours", "theirs"


class Case(NamedTuple):
    """One user, or two that take turns, on a server; AWS's function for it by engine and users."""

    engine: str
    users: str
    start: Start[Server]
    user: type[PostgresTarget | MySQLTarget]


CASES = (
    Case("PostgreSQL", "Single", postgres, PostgresTarget),
    Case("PostgreSQL", "Multi", postgres, PostgresAlternatingTarget),
    Case("MySQL", "Single", mysql, MySQLTarget),
    Case("MySQL", "Multi", mysql, MySQLAlternatingTarget),
    Case("MariaDB", "Single", mariadb, MySQLTarget),
    Case("MariaDB", "Multi", mariadb, MySQLAlternatingTarget),
)


def rows(bench: Bench) -> Iterator[Row]:
    """Two for each case: the clock's time, and the processor's of the function's process."""
    for case in CASES:
        theirs = bench.reference.function(case.engine, case.users) if bench.reference else None
        try:
            taken = measure(bench, case, theirs)
        except RotationFailedError as error:
            if theirs is None:
                raise
            say(f"{case.engine} without AWS's function: {type(error).__name__}")
            taken = measure(bench, case, None)
        beside = "AWS's" if THEIRS in taken else ""
        of = f"{case.user.function}, {case.engine}"
        for what, figures in (
            ("steps, ms", {k: median(each.seconds for each in v) for k, v in taken.items()}),
            ("processor, ms", {k: median(each.processor for each in v) for k, v in taken.items()}),
        ):
            other = figures[THEIRS] * 1000 if beside else None
            yield Row(PART, of, what, figures[OURS] * 1000, beside, other)


def measure(bench: Bench, case: Case, theirs: Built | None) -> Mapping[str, list[Taken]]:
    """What each rotation took in all, by whose function; each has a user of its own."""
    server = bench.place.running(case.start)
    function = case.user.function
    functions = {OURS: (function, bench.functions[function])}
    if theirs:
        functions[THEIRS] = (THEIRS, theirs)
    bench.home.use(dict(functions.values()))
    name = f"warm/{case.engine}/{case.users}/{len(functions)}"
    arns = {
        whose: case.user(server, whose).seed(bench.service.client(), f"{name}/{whose}")
        for whose in functions
    }
    for whose, (function, _) in functions.items():
        for _ in range(2):  # the start, and the clone's making
            bench.rotate(arns[whose], function)
    taken: dict[str, list[Taken]] = {whose: [] for whose in functions}
    for _ in range(bench.counts.rotations):
        for whose, (function, _) in functions.items():
            taken[whose].append(whole(bench.rotate(arns[whose], function)))
    bench.home.use({})
    return taken


def whole(steps: list[Taken]) -> Taken:
    """What all steps of a rotation took."""
    seconds, processor = (sum(each) for each in zip(*(step[2:] for step in steps), strict=True))
    return Taken(steps[0].function, "", seconds, processor)
