"""Who logs in by md5 keeps what the server would make, in no log, and never loses it silently."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from local.servers import Server, postgres
from local.servers.certificates import Authority
from rotators.postgres.connection import log_in
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from shared.credentials import CLONE, Login
from shared.errors import Rejected
from shared.protocol.event import Step
from tests.faults.leaks import forms
from tests.lab import Lab, LabSecret

ACCESS = "hostssl all all 127.0.0.1/32 md5\n"  # by SCRAM for whoever has such a verifier
LOGS = {"log_statement": "all", "log_min_duration_statement": "0", "log_lock_waits": "on"}


@pytest.fixture(scope="module", params=["11", "17", "18"])
def md5_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """A server that asks for md5, and writes down every statement."""
    folder = tmp_path_factory.mktemp(f"md5-{request.param}")
    settings = {**LOGS, "password_encryption": "md5"}
    with postgres(folder, authority, version=request.param, settings=settings) as server:
        target = PostgresTarget(server)
        with target.admin() as admin:
            ((hba,),) = admin.execute("SHOW hba_file").fetchall()
            Path(str(hba)).write_text(ACCESS)
            admin.execute("SELECT pg_reload_conf()")
        yield server


def username() -> str:
    return f"md5_{uuid.uuid4().hex[:8]}"


def make_md5(target: PostgresTarget, user: str, password: str) -> None:
    with target.admin() as admin:
        made = admin.pgconn.encrypt_password(password.encode(), user.encode(), b"md5").decode()
        words = sql.SQL("ALTER ROLE {} PASSWORD {}")
        admin.execute(words.format(sql.Identifier(user), sql.Literal(made)))


def md5_secret(lab: Lab, target: PostgresTarget) -> LabSecret:
    make_md5(target, str(target.document["username"]), str(target.document["password"]))
    return lab.secret(target)


def verifier(target: PostgresTarget, user: str) -> str:
    with target.admin() as admin:
        query = "SELECT rolpassword FROM pg_authid WHERE rolname = %s"
        ((kept,),) = admin.execute(query, [user]).fetchall()
    return str(kept)


def lets_in(target: PostgresTarget, document: dict[str, object], method: str) -> bool:
    """Whether a client that knows this method and no other is let in."""
    parameters = target.parameters(str(document["username"]), str(document["password"]))
    try:
        psycopg.connect(**parameters, require_auth=method).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.mark.parametrize("settings", [{}, {"ADMIN_SETS_PASSWORD": "true"}, {"SHORT_GAP": "true"}])
def test_clients_that_know_md5_only_are_let_in_after_a_rotation(
    lab: Lab, md5_server: Server, settings: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    secret = md5_secret(lab, PostgresTarget(md5_server, username(), settings))
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        assert lets_in(secret.target, secret.value(), "md5")  # type: ignore[arg-type]
    assert "logs in by md5: the new password is kept as md5" in caplog.text


def test_both_users_of_a_pair_keep_md5(lab: Lab, md5_server: Server) -> None:
    secret = md5_secret(lab, PostgresAlternatingTarget(md5_server, username()))
    for _ in range(3):
        before = secret.value()
        assert secret.rotate().state == "succeeded"
        for document in (before, secret.value()):
            assert lets_in(secret.target, document, "md5")  # type: ignore[arg-type]
    assert secret.value()["username"].endswith(CLONE)


def test_where_the_server_makes_scram_of_a_password_so_does_the_function(
    lab: Lab, md5_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Whoever sets one with psql has the same. A user's own setting counts too."""
    target = PostgresTarget(md5_server, username())
    user = sql.Identifier(str(target.document["username"]))
    secret = md5_secret(lab, target)
    with target.admin() as admin:
        words = sql.SQL("ALTER ROLE {} SET password_encryption = 'scram-sha-256'")
        admin.execute(words.format(user))
    assert secret.rotate().state == "succeeded"
    assert not lets_in(target, secret.value(), "md5")
    assert lets_in(target, secret.value(), "scram-sha-256")
    assert "logs in by md5: the new password is kept as scram-sha-256" in caplog.text


def test_who_logs_in_by_scram_keeps_scram(
    lab: Lab, md5_server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    """Though the server would make md5 of a password."""
    for settings in ({}, {"SEND_PASSWORD_ITSELF": "true"}):
        target = PostgresTarget(md5_server, username(), settings)
        secret = lab.secret(target)
        assert secret.rotate().state == "succeeded"
        assert verifier(target, secret.value()["username"]).startswith("SCRAM-SHA-256")
    assert "by md5" not in caplog.text


def test_putting_the_old_one_back_restores_its_kind(
    lab: Lab, md5_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new one becomes SCRAM and is not let in."""
    target = PostgresTarget(md5_server, username(), {"SHORT_GAP": "true"})
    user = str(target.document["username"])
    secret = md5_secret(lab, target)
    with target.admin() as admin:
        words = sql.SQL("ALTER ROLE {} SET password_encryption = 'scram-sha-256'")
        admin.execute(words.format(sql.Identifier(user)))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    pending = secret.version(event["ClientRequestToken"])["password"]

    def refuses(login: Login, authorities: Path) -> object:
        if login.password.reveal() == pending:
            raise Rejected("refused", do="nothing")
        return log_in(login, authorities)

    with monkeypatch.context() as patch:
        patch.setattr("rotators.postgres.engine.log_in", refuses)
        with pytest.raises(Rejected):
            secret.step(event, Step.SET)
    assert verifier(target, user).startswith("md5")
    assert lets_in(target, secret.value(), "md5")


def test_an_md5_hash_is_in_no_log(lab: Lab, md5_server: Server) -> None:
    """It is as good as the password."""
    target = PostgresTarget(md5_server, username())
    secret = md5_secret(lab, target)
    user, hashes = str(target.document["username"]), set()
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        hashes.add(verifier(target, user))
    assert md5_server.log is not None
    log = md5_server.log.read_bytes()
    assert b"DO " in log
    for kept in hashes:
        assert kept.startswith("md5")
        assert not any(form in log for form in forms(kept) | forms(kept.removeprefix("md5")))


def test_asking_for_the_method_is_no_failed_login(lab: Lab, md5_server: Server) -> None:
    secret = md5_secret(lab, PostgresTarget(md5_server, username()))
    assert md5_server.log is not None
    before = md5_server.log.stat().st_size
    assert secret.rotate().state == "succeeded"
    log = md5_server.log.read_bytes()[before:]
    assert b"authentication failed" not in log
    assert b"FATAL" not in log
