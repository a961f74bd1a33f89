"""What is compared: each strategy of each engine, and what AWS's functions take for the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from local.servers import Server, mariadb, mysql, postgres
from local.targets import Place, Target
from local.targets.place import Start
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget


@dataclass(frozen=True, slots=True)
class ComparedStrategy:
    """One of them: a user of this name and settings, on the server that `start` starts.

    reference: ms of failed logins a rotation of AWS's functions, which have nothing between single
    and alternating users; seamless: no login is to fail.
    """

    strategy: str
    reference: int
    start: Start[Server]
    user: type[PostgresTarget | MySQLTarget]
    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    seamless: bool = False

    def target(self, place: Place) -> Target:
        """Its user, on a server that runs in the place."""
        return self.user(place.running(self.start), self.name, self.settings)


def _mysqls(name: str, start: Start[Server], reference: int) -> dict[str, ComparedStrategy]:
    """The strategies that MySQL and MariaDB have alike."""
    overlap = {"PASSWORD_OVERLAP": "true"}
    single = ComparedStrategy("single", reference, start, MySQLTarget, "single")
    return {
        name: single,
        f"{name}-overlap": replace(
            single, strategy="single, overlap", name="overlap", settings=overlap, seamless=True
        ),
        f"{name}-alternating": ComparedStrategy(
            "alternating", 0, start, MySQLAlternatingTarget, "pair", seamless=True
        ),
    }


CASES: Mapping[str, ComparedStrategy] = {
    "postgres": ComparedStrategy("single", 672, postgres, PostgresTarget, "single"),
    "postgres-short-gap": ComparedStrategy(
        "single, short gap", 672, postgres, PostgresTarget, "short", {"SHORT_GAP": "true"}
    ),
    "postgres-alternating": ComparedStrategy(
        "alternating", 0, postgres, PostgresAlternatingTarget, "pair", seamless=True
    ),
    **_mysqls("mysql", mysql, 690),
    **_mysqls("mariadb", mariadb, 714),
}
