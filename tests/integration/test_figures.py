"""What one full rotation costs, counted by the service and by the servers themselves.

The figures go to the terminal summary; the README has them beside those of AWS's functions.
"""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from local.secrets_manager import Call
from local.servers import Server
from local.targets import Place, beyond
from rotators.generated.testing import KEYRING, GeneratedTarget
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from rotators.http_api_key.testing.issuers.issuer import ask
from rotators.iam.testing import IamTarget, moto_iam
from rotators.mysql.testing import MySQLAlternatingTarget, MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotators.valkey.testing import ValkeyTarget
from tests.conformance.suite import told_of_the_old
from tests.lab import Lab, LabSecret

FUNCTION_CALLS = {
    "DescribeSecret",
    "GetSecretValue",
    "PutSecretValue",
    "UpdateSecretVersionStage",
    "ListSecretVersionIds",
}
Report = Callable[[str], None]
Output = Callable[[], str]


@dataclass
class Logins:
    """Connections the server saw, and how many of them it refused."""

    seen: int = 0
    refused: int = 0


@contextmanager
def postgres_logins(target: PostgresTarget) -> Iterator[Logins]:
    log, logins = target.server.log, Logins()
    assert log is not None
    before = log.stat().st_size
    yield logins
    lines = log.read_bytes()[before:].decode().splitlines()
    logins.refused = sum("authentication failed" in line for line in lines)
    logins.seen = sum("connection authorized" in line for line in lines) + logins.refused


@contextmanager
def mysql_logins(target: MySQLTarget) -> Iterator[Logins]:
    logins = Logins()
    # One connection of ours, open before and after, is no part of the difference.
    with target.admin() as connection, connection.cursor() as cursor:

        def status(name: str) -> int:
            cursor.execute("SHOW GLOBAL STATUS LIKE %s", (name,))
            return int(cursor.fetchall()[0][1])

        seen, refused = status("Connections"), status("Aborted_connects")
        yield logins
        logins.seen = status("Connections") - seen
        logins.refused = status("Aborted_connects") - refused


def aws_calls(secret: LabSecret) -> int:
    """The function's calls in one more rotation, other secrets it reads included."""
    calls: list[Call] = []
    unsubscribe = secret.lab.service.subscribe(
        lambda seen: calls.append(seen) if isinstance(seen, Call) else None
    )
    try:
        assert secret.rotate().state == "succeeded"
    finally:
        unsubscribe()
    assert {call.operation for call in calls} <= FUNCTION_CALLS | {"RotateSecret"}
    return sum(call.operation in FUNCTION_CALLS for call in calls)


def old_credential(output: Output) -> str:
    """When the old one ends, by the last finishSecret's line: it costs none of the calls."""
    return told_of_the_old(output())


def test_postgres_single_user(
    lab: Lab, postgres_server: Server, report: Report, output: Output
) -> None:
    target = PostgresTarget(postgres_server, f"figures_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    with postgres_logins(target) as logins:
        calls = aws_calls(secret)
    report(f"PostgresSingleUser (PostgreSQL): {calls} AWS calls, {logins}")
    assert old_credential(output) == "it was replaced at setSecret"
    assert calls <= 8
    assert (logins.seen, logins.refused) == (3, 0)  # one proves it in setSecret


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_mysql_single_user(
    lab: Lab, engine: str, request: pytest.FixtureRequest, report: Report
) -> None:
    server: Server = request.getfixturevalue(f"{engine}_server")
    target = MySQLTarget(server, f"figures_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    with mysql_logins(target) as logins:
        calls = aws_calls(secret)
    report(f"MySqlSingleUser ({server.engine}): {calls} AWS calls, {logins}")
    assert calls <= 8
    assert (logins.seen, logins.refused) == (3, 0)  # one proves it in setSecret


@contextmanager
def valkey_logins(target: ValkeyTarget) -> Iterator[Logins]:
    logins = Logins()
    with target.admin() as admin:

        def seen() -> int:
            lines = str(target.run(admin, "INFO", "stats")).splitlines()
            told = dict(line.split(":", 1) for line in lines if ":" in line)
            return int(told["total_connections_received"])

        before = seen()
        target.run(admin, "ACL", "LOG", "RESET")
        yield logins
        logins.seen = seen() - before
        # A command that the user may not run is in it, too.
        logins.refused = sum("auth" in entry for entry in target.run(admin, "ACL", "LOG"))


@pytest.mark.parametrize("named_server", ["valkey", "redis"], indirect=True)
@pytest.mark.parametrize("overlap", ["false", "true"])
def test_valkey_user(lab: Lab, named_server: Server, report: Report, overlap: str) -> None:
    engine, settings = named_server.engine, {"PASSWORD_OVERLAP": overlap}
    target = ValkeyTarget(named_server, f"figures-{uuid.uuid4().hex[:8]}", settings)
    secret = lab.secret(target)
    with valkey_logins(target) as logins:
        calls = aws_calls(secret)
    report(f"ValkeyUser ({engine}, overlap {overlap}): {calls} AWS calls, {logins}")
    assert calls <= 8
    # Beside the logins of the two steps one proves it in setSecret, or looks there who uses the
    # older one.
    assert (logins.seen, logins.refused) == (3, 0)


def test_postgres_alternating_users(
    lab: Lab, any_postgres_server: Server, report: Report, output: Output
) -> None:
    target = PostgresAlternatingTarget(any_postgres_server, f"figures_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    for which in ("first", "next"):
        with postgres_logins(target) as logins:
            calls = aws_calls(secret)
        report(f"PostgresAlternatingUsers ({target.title}), {which}: {calls} AWS calls, {logins}")
        assert old_credential(output) == "it ends at the next rotation's setSecret"
        assert calls <= 9
        assert (logins.seen, logins.refused) == (3, 0)


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_mysql_alternating_users(
    lab: Lab, engine: str, request: pytest.FixtureRequest, report: Report
) -> None:
    server: Server = request.getfixturevalue(f"{engine}_server")
    target = MySQLAlternatingTarget(server, f"figures_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    for which in ("first", "next"):
        with mysql_logins(target) as logins:
            calls = aws_calls(secret)
        report(f"MySqlAlternatingUsers ({target.title}), {which}: {calls} AWS calls, {logins}")
        assert calls <= 9
        assert (logins.seen, logins.refused) == (3, 0)


@pytest.mark.parametrize("engine", ["mysql", "mariadb"])
def test_mysql_overlap(
    lab: Lab, engine: str, request: pytest.FixtureRequest, report: Report, output: Output
) -> None:
    server: Server = request.getfixturevalue(f"{engine}_server")
    settings = {"PASSWORD_OVERLAP": "true"}
    secret = lab.secret(MySQLTarget(server, f"figures_{uuid.uuid4().hex[:8]}", settings))
    assert isinstance(secret.target, MySQLTarget)
    with mysql_logins(secret.target) as logins:
        calls = aws_calls(secret)
    report(f"MySqlSingleUser with overlap ({secret.target.title}): {calls} AWS calls, {logins}")
    assert old_credential(output) == "it ends at the next rotation's setSecret"
    assert calls <= 8
    assert (logins.seen, logins.refused) == (2, 0)


def test_what_a_secret_asks_for_costs_nothing(
    lab: Lab, mysql_server: Server, output: Output
) -> None:
    target = MySQLTarget(mysql_server, f"figures_{uuid.uuid4().hex[:8]}")
    secret = lab.secret(target, rotation={"password_length": 64, "old_password_ends": "on-finish"})
    with mysql_logins(target) as logins:
        calls = aws_calls(secret)
    assert old_credential(output) == "it was replaced at setSecret"
    assert calls <= 8
    assert (logins.seen, logins.refused) == (3, 0)


def test_http_api_key(lab: Lab, jupyterhub: Issuer, report: Report, output: Output) -> None:
    secret = lab.secret(IssuerTarget(jupyterhub))
    costs = []
    for _ in range(3):
        before = http_calls(jupyterhub)
        aws = aws_calls(secret)
        costs.append((aws, http_calls(jupyterhub) - before))
        assert old_credential(output) == "it ends at the next rotation's createSecret"
    shown = ", then ".join(f"{aws} AWS calls and {http} HTTP calls" for aws, http in costs)
    report(f"HttpApiKey (JupyterHub): {shown}")
    # The first key was made by hand: it is tried before its rights are taken over, and again
    # before it is revoked by an id that only the secret vouches for. After a revocation the list
    # is read once more: not every issuer does what it answers.
    assert costs == [(8, 4), (9, 6), (9, 5)]


def test_generated_value(lab: Lab, output: Output) -> None:
    secret = lab.secret(GeneratedTarget("keyring", KEYRING))
    assert [aws_calls(secret) for _ in range(2)] == [7, 7]
    assert old_credential(output) == "it ends at the next rotation's finishSecret"


def test_iam_access_key(lab: Lab, place: Place, report: Report, output: Output) -> None:
    iam = place.running(moto_iam)
    secret = lab.secret(IamTarget(iam))
    costs = []
    for _ in range(3):
        with beyond(iam.log) as heard:
            aws = aws_calls(secret)
            asked = Counter(line.split()[0] for line in heard().splitlines())
        proofs = asked.pop("GetCallerIdentity")
        costs.append((aws, asked.total(), proofs))
        assert old_credential(output) == "it ends at the next rotation's createSecret"
    shown = ", then ".join(f"{aws} + {iam} + {sts}" for aws, iam, sts in costs)
    report(f"IamAccessKey: {shown} calls of Secrets Manager, IAM and STS")
    # The first key was made by hand, so it is proved before it is replaced. Later there is a key
    # to end, and its label to take off.
    assert costs == [(7, 5, 2), (8, 9, 1), (8, 9, 1)]


def http_calls(issuer: Issuer) -> int:
    """The API requests that the hub has logged, up to one of our own that is not counted."""
    marker = f"marker={uuid.uuid4()}"
    ask(issuer, "GET", f"/user?{marker}", issuer.admin)
    while marker not in (log := issuer.log.read_text()):  # it is written after the answer
        time.sleep(0.01)
    lines = [line for line in log.splitlines() if "JupyterHub log:" in line]
    return sum("marker=" not in line for line in lines)
