"""A leaked password: ended whatever the settings say, its sessions too, and refused when used."""

import os
import signal
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from local.servers import Server, pgbouncer
from local.servers.certificates import Authority
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.errors import Busy, Forbidden, InvalidEvent, TargetMismatch, WrongStage
from shared.protocol.event import Step
from shared.strategies import leaks
from shared.strategies.contract import OverlapSession
from shared.strategies.overlap import SingleUserWithOverlap
from shared.strategies.single_user import Change
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Document, Lab, LabSecret
from tests.leaked import DatabaseTarget, Session, end_leaked, is_open, sessions

ENGINES = pytest.mark.parametrize(
    "server", ["postgres_server", "mysql_server", "mariadb_server"], indirect=True
)
OF_MYSQL = pytest.mark.parametrize("server", ["mysql_server", "mariadb_server"], indirect=True)
NONE: Mapping[str, str] = {}
OVERLAP = {"PASSWORD_OVERLAP": "true"}


def made(
    lab: Lab,
    server: Server,
    settings: Mapping[str, str] = NONE,
    kind: Mapping[str, Any] = SINGLE,
) -> tuple[LabSecret, DatabaseTarget, str]:
    """A secret, its target, and the version in use."""
    target: DatabaseTarget = kind[server.engine](server, f"leak_{uuid.uuid4().hex[:8]}", settings)
    secret = lab.secret(target)
    return secret, target, secret.holder("AWSCURRENT") or ""


def assert_is_dead(secret: LabSecret, answer: Document, opened: list[Session]) -> None:
    """Of three sessions the last is somebody else's."""
    assert answer["left"] == []
    assert answer["sessions"]["ended"] >= 2
    assert (answer["refused"]["proven"], answer["refused"]["code"]) == (True, "Rejected")
    assert [is_open(each) for each in opened] == [False, False, True]
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@ENGINES
def test_a_single_users_has_ended_in_the_rotation(lab: Lab, server: Server) -> None:
    secret, target, leaked = made(lab, server)
    old, other = (target, secret.value()), (target, target.stranger())
    with sessions(old, old, other) as opened:
        secret.rotate()
        answer = end_leaked(secret, leaked)
        assert [each["at"] for each in answer["ended"]] == [None]
        assert_is_dead(secret, answer, opened)
    assert secret.rotate().state == "succeeded"


@OF_MYSQL
def test_overlap_ends_now(lab: Lab, server: Server) -> None:
    secret, target, leaked = made(lab, server, OVERLAP)
    old, other = (target, secret.value()), (target, target.stranger())
    with sessions(old, old, other) as opened:
        secret.rotate()
        assert leaked in secret.accepted_versions()
        answer = end_leaked(secret, leaked)
        assert [bool(each["at"]) for each in answer["ended"]] == [True]
        assert_is_dead(secret, answer, opened)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("turn", ["the original's", "the clone's"])
@ENGINES
def test_alternating_users_go_on_alternating(lab: Lab, server: Server, turn: str) -> None:
    secret, target, leaked = made(lab, server, kind=ALTERNATING)
    if turn == "the clone's":
        secret.rotate()
        leaked = secret.holder("AWSCURRENT") or ""
    old, other = (target, secret.value()), (target, target.stranger())
    with sessions(old, old, other) as opened:
        secret.rotate()
        assert leaked in secret.accepted_versions()
        assert_is_dead(secret, end_leaked(secret, leaked), opened)
    before = secret.value()["username"]
    assert secret.rotate().state == "succeeded"
    assert secret.value()["username"] != before
    # It was replaced when its user's turn came again; the other user is left alone.
    answer = end_leaked(secret, leaked)
    assert ([each["at"] for each in answer["ended"]], answer["refused"]["proven"]) == ([None], True)
    assert secret.holder("AWSPREVIOUS") in secret.accepted_versions()
    assert secret.rotate().state == "succeeded"
    assert secret.value()["username"] == before
    # AWSPREVIOUS is of the leaked user: clients go on with it, once their sessions have ended.
    with sessions((target, secret.value("AWSPREVIOUS"))) as (held,):
        answer = end_leaked(secret, leaked)
        assert not is_open(held)
    assert ([each["at"] for each in answer["ended"]], answer["refused"]["proven"]) == ([None], True)
    assert secret.holder("AWSPREVIOUS") in secret.accepted_versions()


def test_it_is_used_by_the_way_of_the_login_in_use(lab: Lab, mysql_server: Server) -> None:
    settings = {**OVERLAP, "ALLOW_UNENCRYPTED": "true"}
    secret, target, _ = made(lab, mysql_server, settings)
    assert isinstance(target, MySQLTarget)
    by_tls = secret.value()
    secret.store({**by_tls, "ssl": False})
    leaked = secret.holder("AWSCURRENT") or ""
    target._run("ALTER USER %s@'%%' REQUIRE SSL", by_tls["username"])
    secret.store(by_tls)
    assert secret.rotate().state == "succeeded"
    assert target.accepts(by_tls)
    assert end_leaked(secret, leaked)["refused"]["proven"]
    assert not target.accepts(by_tls)


# --- a rotation that begins meanwhile ---


class Meanwhile:
    """A rotation that runs up to finishSecret at one place in endLeaked; the first time only."""

    def __init__(self, secret: LabSecret) -> None:
        self._secret = secret
        self.event: dict[str, str] = {}

    def run(self) -> None:
        """All of its steps but the last."""
        if not self.event:
            self.event = self._secret.begin()
            self._secret.steps(self.event, Step.CREATE, Step.SET, Step.TEST)


@pytest.mark.parametrize(
    ("server", "settings", "kind"),
    [
        ("postgres_server", NONE, ALTERNATING),
        ("mysql_server", NONE, ALTERNATING),
        ("mysql_server", OVERLAP, SINGLE),
        ("mariadb_server", OVERLAP, SINGLE),
    ],
    indirect=["server"],
    ids=["postgres alternating", "mysql alternating", "mysql overlap", "mariadb overlap"],
)
def test_a_rotation_that_begins_meanwhile_keeps_its_password(
    lab: Lab,
    server: Server,
    settings: Mapping[str, str],
    kind: Mapping[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    secret, target, leaked = made(lab, server, settings, kind)
    secret.rotate()
    meanwhile, use = Meanwhile(secret), leaks.Leaks.use

    def used(*args: Any, **options: Any) -> leaks.Answer:  # noqa: ANN401 as `use` takes them
        answer = use(*args, **options)
        meanwhile.run()
        return answer

    monkeypatch.setattr(leaks.Leaks, "use", used)
    with pytest.raises(WrongStage, match="or a rotation has not ended"):
        end_leaked(secret, leaked)
    secret.step(meanwhile.event, Step.FINISH)
    assert target.accepts(secret.value())
    assert end_leaked(secret, leaked)["refused"]["proven"]


@OF_MYSQL
def test_where_it_may_have_lost_it_that_is_told_with_what_mends_it(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, target, leaked = made(lab, server, OVERLAP)
    secret.rotate()
    version = secret.holder("AWSCURRENT") or ""
    meanwhile, end = Meanwhile(secret), SingleUserWithOverlap.end_beside

    def ended(strategy: SingleUserWithOverlap, change: Change[OverlapSession]) -> bool:
        meanwhile.run()
        return end(strategy, change)

    monkeypatch.setattr(SingleUserWithOverlap, "end_beside", ended)
    with pytest.raises(Busy) as told:
        end_leaked(secret, leaked)
    secret.step(meanwhile.event, Step.FINISH)
    assert not target.accepts(secret.value())
    assert f"move AWSCURRENT back to version {version}, and rotate again" in told.value.do
    lab.client.update_secret_version_stage(
        SecretId=secret.arn,
        VersionStage="AWSCURRENT",
        MoveToVersionId=version,
        RemoveFromVersionId=secret.holder("AWSCURRENT") or "",
    )
    assert secret.rotate().state == "succeeded"
    assert target.accepts(secret.value())
    assert end_leaked(secret, leaked)["refused"]["proven"]


def test_it_looks_again_while_a_copy_of_setsecret_has_to_wait(
    lab: Lab, postgres_server: Server
) -> None:
    secret, target, leaked = made(lab, postgres_server, kind=ALTERNATING)
    assert isinstance(target, PostgresTarget)
    user = target.document["username"]
    secret.rotate()
    with target.admin() as admin, ThreadPoolExecutor() as pool:
        admin.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [user])
        ending = pool.submit(end_leaked, secret, leaked)
        waiting = "SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        while not admin.execute(waiting).fetchall():
            assert not ending.done()
        secret.step(secret.begin(), Step.CREATE)
        admin.execute("SELECT pg_advisory_unlock_all()")
        with pytest.raises(WrongStage, match="or a rotation has not ended"):
            ending.result()
    assert leaked in secret.accepted_versions()


# --- who may not be touched, and what does not fit ---


@ENGINES
def test_a_secret_that_was_edited_to_name_another_user_ends_nothing_of_it(
    lab: Lab, server: Server
) -> None:
    secret, target, first = made(lab, server)
    own, stranger = secret.value(), target.stranger()
    secret.store({**own, "username": stranger["username"], "password": stranger["password"]})
    named = secret.holder("AWSCURRENT") or ""
    secret.store(own)
    with sessions((target, stranger)) as opened:
        with pytest.raises(TargetMismatch, match="the leaked version is of user"):
            end_leaked(secret, named)
        assert is_open(opened[0])
    with pytest.raises(TargetMismatch, match="has the password of the one in use"):
        end_leaked(secret, first)


@ENGINES
def test_a_user_that_only_looks_like_the_other_one_is_left_alone(lab: Lab, server: Server) -> None:
    secret, target, _ = made(lab, server, kind=ALTERNATING)
    own = secret.value()
    lookalike: Document = {**own, "username": f"{own['username']}_clone"}
    target_of_one = SINGLE[server.engine](server, lookalike["username"], {})
    secret.store({**lookalike, "password": "a guess"})
    named = secret.holder("AWSCURRENT") or ""
    secret.store(own)
    with sessions((target_of_one, target_of_one.document)) as opened:
        with pytest.raises(TargetMismatch, match=r"shows that it (alternates|is the twin)"):
            end_leaked(secret, named)
        assert is_open(opened[0])
    assert target.accepts(target_of_one.document)


def test_only_what_was_replaced_and_with_no_rotation_under_way(
    lab: Lab, postgres_server: Server
) -> None:
    secret, _, leaked = made(lab, postgres_server)
    with pytest.raises(WrongStage, match="is in use: nothing has replaced"):
        end_leaked(secret, leaked)
    secret.rotate()
    current = secret.holder("AWSCURRENT") or ""
    with pytest.raises(WrongStage, match="is not the one in use"):
        end_leaked(secret, current, version=leaked)
    with pytest.raises(InvalidEvent, match="has no version") as gone:
        end_leaked(secret, str(uuid.uuid4()))
    assert gone.value.field == "LeakedVersionId"
    secret.step(secret.begin(), Step.CREATE)
    with pytest.raises(WrongStage, match="or a rotation has not ended"):
        end_leaked(secret, leaked)


# --- what stays, and the advice that ends it ---


@OF_MYSQL
def test_without_the_right_it_is_told_and_the_grant_makes_it_go(lab: Lab, server: Server) -> None:
    secret, target, leaked = made(lab, server, OVERLAP)
    assert isinstance(target, MySQLTarget)
    secret.rotate()
    target._run("REVOKE ALL PRIVILEGES, GRANT OPTION FROM %s@'%%'", target.document["username"])
    with pytest.raises(Forbidden) as refused:
        end_leaked(secret, leaked)
    assert leaked in secret.accepted_versions()
    target._run(refused.value.do.partition(";")[0].replace("%", "%%"))
    assert end_leaked(secret, leaked)["refused"]["proven"]


def test_a_session_that_does_not_end_is_told_with_the_sql(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaks, "SESSION_SECONDS", 0.3)
    secret, target, leaked = made(lab, postgres_server)
    assert isinstance(target, PostgresTarget)
    with sessions((target, secret.value())) as (held,):
        assert isinstance(held, psycopg.Connection)
        secret.rotate()
        process = held.info.backend_pid
        os.kill(process, signal.SIGSTOP)  # a server's process, and so this machine's
        try:
            answer = end_leaked(secret, leaked)
            (left,) = answer["left"]
            assert left["do"] == f"SELECT pg_terminate_backend({process})"
            assert answer["sessions"]["ended"] == 0
            assert answer["refused"]["proven"]
            with target.admin() as admin:
                assert admin.execute(sql.SQL(left["do"])).fetchall() == [(True,)]
        finally:
            os.kill(process, signal.SIGCONT)
        assert not is_open(held)
    assert end_leaked(secret, leaked)["left"] == []


def test_a_login_that_puts_off_being_shown_ends_and_another_users_does_not(
    lab: Lab, postgres_server: Server
) -> None:
    secret, target, leaked = made(lab, postgres_server)
    assert isinstance(target, PostgresTarget)
    unshown = (
        "SELECT DISTINCT pid FROM pg_locks LEFT JOIN pg_stat_activity USING (pid)"
        " WHERE usesysid IS NULL AND classid = 'pg_database'::regclass"
    )
    with target.admin() as admin, ThreadPoolExecutor() as pool:
        held = []
        for user in secret.value(), target.stranger():
            login = target.parameters(*_login(user))
            held.append(pool.submit(_works_late, login))
            while len(admin.execute(unshown).fetchall()) < len(held):
                assert not held[-1].done()
        secret.rotate()
        answer = end_leaked(secret, leaked)
        assert (answer["left"], answer["sessions"]["ended"]) == ([], 1)
        assert not held[0].result()
        assert not held[1].done()
        for process in admin.execute(unshown).fetchall():
            admin.execute("SELECT pg_terminate_backend(%s)", process)


@OF_MYSQL
def test_another_account_of_the_name_is_told_where_it_can_be_seen(lab: Lab, server: Server) -> None:
    secret, target, leaked = made(lab, server)
    assert isinstance(target, MySQLTarget)
    name, password = target.document["username"], target.document["password"]
    target._run("CREATE USER %s@'203.0.113.1' IDENTIFIED BY %s", name, password)
    secret.rotate()
    answer = end_leaked(secret, leaked)
    assert answer["left"] == []
    (unseen,) = answer["unseen"]
    assert unseen["what"].endswith(f"another account named {name!r} accepts the leaked password")
    target._run(unseen["do"].replace("%", "%%"))
    (left,) = end_leaked(secret, leaked)["left"]
    assert "@'203.0.113.1' accepts the leaked password" in left["what"]
    target._run(left["do"].replace("<the new password>", str(uuid.uuid4())))
    answer = end_leaked(secret, leaked)
    assert (answer["left"], answer["unseen"]) == ([], [])
    if server.engine == "mysql":
        stay = "ALTER USER %s@'203.0.113.1' IDENTIFIED BY %s RETAIN CURRENT PASSWORD"
        alter = "ALTER USER %s@'203.0.113.1' IDENTIFIED BY %s"
        target._run(alter, name, password)
        target._run(stay, name, str(uuid.uuid4()))
        (left,) = end_leaked(secret, leaked)["left"]
        target._run(left["do"])
        assert end_leaked(secret, leaked)["left"] == []


@OF_MYSQL
def test_another_account_of_alternating_users_is_told(lab: Lab, server: Server) -> None:
    secret, target, leaked = made(lab, server, kind=ALTERNATING)
    assert isinstance(target, MySQLTarget)
    name, password = target.document["username"], target.document["password"]
    secret.rotate()
    target._run("CREATE USER %s@'203.0.113.1' IDENTIFIED BY %s", name, password)
    for _ in range(2):  # by the user that nobody knows, and by the one of the current version
        (left,) = end_leaked(secret, leaked)["left"]
        assert "@'203.0.113.1' accepts the leaked password" in left["what"]
        secret.rotate()
    target._run(left["do"].replace("<the new password>", str(uuid.uuid4())))
    assert end_leaked(secret, leaked)["left"] == []


def test_a_user_that_one_refusal_locks_is_told_and_the_advice_lets_it_in(
    lab: Lab, mysql_server: Server
) -> None:
    secret, target, leaked = made(lab, mysql_server)
    assert isinstance(target, MySQLTarget)
    limit = "ALTER USER %s@'%%' FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME 1"
    target._run(limit, target.document["username"])
    secret.rotate()
    answer = end_leaked(secret, leaked)
    assert (answer["ended"], answer["refused"]["proven"]) == ([], False)
    assert answer["refused"]["code"] == "LockedOut"
    advice = answer["refused"]["do"].partition(", ")[2]
    target._run(advice.replace("%", "%%"))
    assert target.accepts(secret.value())


def test_behind_a_pooler_its_clients_are_told_with_the_commands_that_end_them(
    lab: Lab, postgres_server: Server, authority: Authority, tmp_path: Path
) -> None:
    settings = {"admin_users": postgres_server.admin}
    secret, target, _ = made(lab, postgres_server)
    assert isinstance(target, PostgresTarget)
    with (
        pgbouncer(tmp_path, authority, postgres_server, settings=settings) as pooler,
        psycopg.connect(**_through(pooler, target, *_login(secret.value()))) as client,
    ):
        secret.store({**secret.value(), "port": pooler.port})
        leaked = secret.holder("AWSCURRENT") or ""
        client.execute("SELECT 1")
        secret.rotate()
        answer = end_leaked(secret, leaked)
        assert answer["refused"]["proven"]
        (left,) = answer["left"]
        assert left["what"].startswith("a pooler or a proxy answers at")
        assert "KILL <database>, then RESUME <database>" in left["do"]
        console = _through(pooler, target, postgres_server.admin, postgres_server.password)
        with psycopg.connect(**{**console, "dbname": "pgbouncer"}) as admin:
            for command in ("KILL postgres", "RESUME postgres"):
                psycopg.ClientCursor(admin).execute(command.encode())
        assert not is_open(client)
        assert secret.rotate().state == "succeeded"


def _works_late(login: Mapping[str, Any]) -> bool:
    """Whether a login that the server lets in gets an answer, a minute later."""
    try:
        with psycopg.connect(**login, options="-c post_auth_delay=60") as session:
            session.execute("SELECT 1")
    except psycopg.Error:
        return False
    return True


def _through(pooler: Server, target: PostgresTarget, user: str, password: str) -> dict[str, Any]:
    return {**target.parameters(user, password), "port": pooler.port, "autocommit": True}


def _login(document: Document) -> tuple[str, str]:
    return str(document["username"]), str(document["password"])
