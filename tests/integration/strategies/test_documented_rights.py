"""The SQL of docs/strategies.md: with these rights rotations go well, without one they do not.

Each block says in its first line what it is for; the names in it are replaced by fresh ones.
"""

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest

from local.bootstrap import ROOT
from local.servers import Server
from local.targets import Admin
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.lab import Lab
from tests.leaked import end_leaked

Target = PostgresTarget | MySQLTarget
DOCUMENT = ROOT / "docs" / "strategies.md"
OLD, NEW = ("postgres_15_server",), ("postgres_server", "postgres_18_server")
MYSQL, MARIADB = ("mysql_server",), ("mariadb_server",)
OVERLAP = {"PASSWORD_OVERLAP": "true"}
BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}


def documented() -> dict[str, list[str]]:
    """The statements of each block, by its first line."""
    found = re.compile(r"^```sql\n-- ([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    blocks = found.findall(DOCUMENT.read_text())
    return {title: [line.rstrip(";") for line in code.splitlines()] for title, code in blocks}


@dataclass(frozen=True)
class RightsCase:
    """What a block is for. also: the block that it comes on top of; given: what the user has."""

    servers: tuple[str, ...]
    target: type[Target]
    settings: Mapping[str, str] = field(default_factory=dict)
    also: str = ""
    given: tuple[str, ...] = ()


_OLD_PAIR, _NEW_PAIR = (
    f"PostgreSQL {versions}, alternating users" for versions in ("15 and older", "16 and newer")
)
_MYSQL_PAIR = "MySQL and MariaDB, alternating users"
_ROLE = ("CREATE ROLE reader", "GRANT reader TO 'app'@'%'")
CASES = {
    "MySQL, overlap": [RightsCase(MYSQL, MySQLTarget, OVERLAP)],
    "MariaDB, overlap": [RightsCase(MARIADB, MySQLTarget, OVERLAP)],
    "PostgreSQL 15 and older, by the admin": [RightsCase(OLD, PostgresTarget, BY_ADMIN)],
    "PostgreSQL 16 and newer, by the admin": [RightsCase(NEW, PostgresTarget, BY_ADMIN)],
    "MySQL and MariaDB, by the admin, with overlap or without": [
        RightsCase(MYSQL + MARIADB, MySQLTarget, BY_ADMIN),
        RightsCase(MYSQL + MARIADB, MySQLTarget, BY_ADMIN | OVERLAP),
        RightsCase(
            MYSQL + MARIADB, MySQLTarget, BY_ADMIN | OVERLAP | {"OLD_PASSWORD_ENDS": "on-finish"}
        ),
    ],
    _OLD_PAIR: [RightsCase(OLD, PostgresAlternatingTarget)],
    _NEW_PAIR: [RightsCase(NEW, PostgresAlternatingTarget)],
    "PostgreSQL 16 and newer, also for a user with CREATEDB": [
        RightsCase(
            NEW, PostgresAlternatingTarget, also=_NEW_PAIR, given=("ALTER ROLE app CREATEDB",)
        )
    ],
    "PostgreSQL 16 and newer, also for an app_clone that somebody else has created": [
        RightsCase(
            NEW,
            PostgresAlternatingTarget,
            also=_NEW_PAIR,
            given=(
                "CREATE ROLE app_clone LOGIN",
                "GRANT app TO app_clone",
                "ALTER ROLE app_clone SET role = app",
            ),
        )
    ],
    "PostgreSQL 15 and newer, also for a user with a setting that is for superusers": [
        RightsCase(servers, PostgresAlternatingTarget, also=also, given=(statement,))
        for servers, also in ((OLD, _OLD_PAIR), (NEW, _NEW_PAIR))
        for statement in ("ALTER ROLE app SET log_statement = 'none'",)
    ],
    _MYSQL_PAIR: [RightsCase(MYSQL + MARIADB, MySQLAlternatingTarget)],
    "MySQL, also for a user with roles": [
        RightsCase(
            MYSQL,
            MySQLAlternatingTarget,
            also=_MYSQL_PAIR,
            given=(*_ROLE, "SET DEFAULT ROLE reader TO 'app'@'%'"),
        )
    ],
    "MariaDB, also for a user with roles": [
        RightsCase(
            MARIADB,
            MySQLAlternatingTarget,
            also=_MYSQL_PAIR,
            given=(*_ROLE, "SET DEFAULT ROLE reader FOR 'app'@'%'"),
        )
    ],
}
# There is no RDS here: only its master user can let a role change its own password.
UNTRIED = {"RDS for PostgreSQL with rds.restrict_password_commands"}
# A role is given on in too many ways for a look to tell that none of them is open.
UNFORESEEN = {"MySQL, also for a user with roles", "MariaDB, also for a user with roles"}
ADMINS = {"PostgreSQL, the admin", "MySQL and MariaDB, the admin"}
EVERY = [
    pytest.param(title, (case, server), id=f"{title}-{number}-{server}")
    for title, cases in CASES.items()
    for number, case in enumerate(cases)
    for server in case.servers
]


def test_every_block_is_tried() -> None:
    assert documented().keys() == CASES.keys() | ADMINS | UNTRIED


@dataclass
class Trial:
    """One user and one admin, with rights of a document's statements."""

    lab: Lab
    server: Server
    case: RightsCase
    output: Callable[[], str]
    foreseen: list[tuple[str, str, str, str]] = field(default_factory=list)

    def goes_well(self, *rights: str) -> bool:
        """Whether two rotations succeed, each quietly and with the overlap that is asked for.

        Then what the last one has replaced takes no further right to be ended as leaked.
        """
        app, admin, role = (f"rights_{uuid.uuid4().hex[:8]}" for _ in range(3))
        fresh = {"app": app, "app_clone": f"{app}_clone", "rotation_admin": admin, "reader": role}
        target = self.case.target(self.server, app)  # without settings: it would give rights too
        title = "PostgreSQL" if isinstance(target, PostgresTarget) else "MySQL and MariaDB"
        target.settings = self.case.settings
        made = documented()[f"{title}, the admin"]
        for statement in (*made, *self.case.given, *rights):
            execute(target, re.sub(r"\w+", lambda word: fresh.get(word[0], word[0]), statement))
        target.by = Admin(admin, "admins-password")
        target.through_admin = (
            target.through_admin or self.case.settings.items() >= BY_ADMIN.items()
        )
        secret = self.lab.secret(target)
        self.foreseen = secret.diagnose().bad
        self.output()
        for _ in range(2):
            before = secret.value()
            if secret.rotate().state != "succeeded" or self._warned():
                return False
            assert target.accepts(secret.value())
            assert target.accepts(before) == self._overlaps
        answer = end_leaked(secret, secret.holder("AWSPREVIOUS") or "")
        assert (answer["left"], answer["refused"]["proven"]) == ([], True)
        return True

    def _warned(self) -> bool:
        """But for other accounts of a name, which are for the admin, and for who may look."""
        lines = self.output().splitlines()
        warnings = [line for line in lines if '"WARNING"' in line]
        return any("other accounts of the name" not in line for line in warnings)

    @property
    def _overlaps(self) -> bool:
        settings = self.case.settings
        alternating = issubclass(
            self.case.target, PostgresAlternatingTarget | MySQLAlternatingTarget
        )
        two = "PASSWORD_OVERLAP" in settings and "OLD_PASSWORD_ENDS" not in settings
        return alternating or two


def execute(target: Target, statement: str) -> None:
    """As the server's own administrator."""
    if isinstance(target, PostgresTarget):
        with target.admin() as connection:
            connection.execute(statement.encode())
    else:
        with target.admin() as account, account.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture
def trial(lab: Lab, request: pytest.FixtureRequest, output: Callable[[], str]) -> Trial:
    case, server = request.param
    return Trial(lab, request.getfixturevalue(server), case, output)


@pytest.mark.parametrize(("title", "trial"), EVERY, indirect=["trial"])
def test_these_rights_are_enough_and_none_is_too_many(title: str, trial: Trial) -> None:
    base = documented()[trial.case.also] if trial.case.also else []
    rights = documented()[title]
    assert trial.goes_well(*base, *rights)
    assert not trial.foreseen
    for left_out in rights:
        fewer = [right for right in rights if right != left_out]
        assert not trial.goes_well(*base, *fewer), left_out
        assert trial.foreseen or title in UNFORESEEN, left_out
