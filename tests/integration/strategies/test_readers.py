"""Who is logged in with an older password: told as that ends, and waited for where that is asked.

A client here is one of its own, which holds a connection.
"""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NoReturn

import psycopg
import pymysql
import pytest

from local import template
from local.servers import Server
from rotators.mysql.engine import MySQLSession
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.testing import PostgresTarget
from shared.credentials import Login
from shared.errors import Busy
from shared.patience import retried, tries
from shared.protocol.event import Step
from shared.strategies.seeing import MARGIN_SECONDS
from shared.tls import DatabaseAuthorities, verifying_context
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Document, Event, Lab, LabSecret
from tests.leaked import end_leaked, is_open

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
MYSQL = ("mariadb_server", "mysql_server")
HOLD = {"OLD_CREDENTIAL_IN_USE": "hold"}
OVERLAP = {"PASSWORD_OVERLAP": "true"}
NONE: Mapping[str, str] = MappingProxyType({})
NAME = "night\nreports"  # which a client may say of itself
TOLD = "an older credential is still in use: "
OF_READERS = re.compile(rf"{TOLD}|OLD_CREDENTIAL_IN_USE")


@contextmanager
def client(secret: LabSecret, document: Document, name: str = NAME) -> Iterator[Any]:
    """Somebody who is logged in with this version, and says so."""
    target = secret.target
    assert isinstance(target, PostgresTarget | MySQLTarget)
    user, password = str(document["username"]), str(document["password"])
    if isinstance(target, PostgresTarget):
        connection: Any = psycopg.connect(
            **target.parameters(user, password), autocommit=True, application_name=name
        )
    else:
        connection = pymysql.connect(
            host=target.server.host,
            port=target.server.port,
            user=user,
            password=password,
            ssl=verifying_context(target.server.ca),
            program_name=name,
        )
    with closing(connection):
        yield connection


def pair(lab: Lab, server: Server, settings: Mapping[str, str] = NONE) -> LabSecret:
    """One that has been rotated once, so that its clone is current and its original is not."""
    kind = ALTERNATING[server.engine]
    secret = lab.secret(kind(server, f"read {uuid.uuid4().hex[:8]}", settings))
    assert secret.rotate().state == "succeeded"
    return secret


def overlapping(lab: Lab, server: Server, **settings: str) -> LabSecret:
    kind = SINGLE[server.engine]
    return lab.secret(kind(server, f"read {uuid.uuid4().hex[:8]}", {**OVERLAP, **settings}))


@pytest.fixture
def told(output: Callable[[], str]) -> Callable[[], list[str]]:
    """Gives the warnings about readers that were written since it was last asked."""
    known: list[str] = []

    def new() -> list[str]:
        lines = [json.loads(line) for line in output().splitlines() if '"WARNING"' in line]
        texts = [
            line["message"]
            for line in lines
            if "OLD_CRED" in line["message"] or TOLD in line["message"]
        ]
        found = texts[len(known) :]
        known[:] = texts
        return found

    return new


def name_in(words: str, server: Server) -> str:
    """What the client says of itself, as it stands there; MariaDB tells nobody."""
    shown = {
        "postgres": r" as 'night\\\\?.*reports'",
        "mysql": r" as 'night\\nreports'",
        "mariadb": "",
    }
    return words + shown[server.engine]


def hold(secret: LabSecret, event: Event) -> Busy:
    """createSecret is refused, and neither the secret nor the target has changed."""
    before = secret.accepted_versions()
    with pytest.raises(Busy) as caught:
        secret.step(event, Step.CREATE)
    versions = secret.lab.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
    assert event["ClientRequestToken"] not in {each["VersionId"] for each in versions}
    assert secret.accepted_versions() == before
    return caught.value


def finish_once_idle(secret: LabSecret, event: Event) -> None:
    """A server may take a moment to know that a client has gone."""
    retried(lambda: secret.step(event, Step.CREATE), on=Busy, within=10)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]


# --- pairs ---


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_who_is_logged_in_as_the_user_whose_turn_it_is_is_told(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    secret = pair(lab, server)
    old = secret.value("AWSPREVIOUS")
    with client(secret, old) as session, client(secret, old), client(secret, secret.value()):
        assert [each[:2] for each in secret.diagnose().bad] == [("strategy", "warning")]
        told()
        assert secret.rotate().state == "succeeded"
        (line,) = told()
        words = f"{TOLD}user '{old['username']}' from 127.0.0.1"
        assert re.match(name_in(words, server) + ", 2 times; open sessions go on", line), line
        assert is_open(session)
        assert not secret.target.accepts(old)
    told()
    assert secret.diagnose().bad == []
    assert secret.rotate().state == "succeeded"
    assert told() == []


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_rotation_waits_for_it_where_that_is_asked(lab: Lab, server: Server) -> None:
    secret = pair(lab, server, HOLD)
    old = secret.value("AWSPREVIOUS")
    with client(secret, old), client(secret, secret.value()):
        assert secret.rotate(RotateImmediately=False).state == "succeeded"
        event = secret.begin()
        refusal = hold(secret, event)
        words = f"an older credential is still in use: user '{old['username']}' from 127.0.0.1"
        assert re.fullmatch(name_in(words, server), refusal.what), refusal
        described = secret.lab.client.describe_secret(SecretId=secret.arn)
        due = described["LastRotatedDate"].astimezone(UTC) + timedelta(days=30)
        assert f"until {due + timedelta(days=8):%Y-%m-%dT00:00:00}+00:00, and no" in refusal.do
        assert refusal.field == "OLD_CREDENTIAL_IN_USE"
    finish_once_idle(secret, event)


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_it_waits_for_so_long_and_not_for_longer(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    """By the dates of the last rotation and of the schedule, as each attempt is a new process."""
    secret = pair(lab, server)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    old = secret.value("AWSPREVIOUS")
    secret.date_back(timedelta(days=32))  # so the day before yesterday was the day
    # That somebody has stored another field since makes it no later.
    secret.store({**secret.value(), "note": "by hand"})

    def asked(minutes: int) -> None:
        assert isinstance(secret.target, PostgresTarget)
        secret.target.settings = {"OLD_CREDENTIAL_IN_USE": f"hold:{minutes}m"}
        secret.function = lab.functions.add(secret.target)

    passed = int((datetime.now(UTC) - today + timedelta(days=1)).total_seconds() // 60)
    with client(secret, old):
        event = secret.begin()
        asked(passed + 5)
        hold(secret, event)
        asked(passed)
        told()
        secret.steps(event)
        over, line = told()
        until = today - timedelta(days=1) + timedelta(minutes=passed)
        assert over.startswith(f"OLD_CREDENTIAL_IN_USE=hold is over since {until.isoformat()}: ")
        assert line.startswith(TOLD)


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_what_is_made_already_waits_for_nobody(lab: Lab, server: Server) -> None:
    secret = pair(lab, server, HOLD)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with client(secret, secret.value("AWSPREVIOUS")):
        secret.steps(event)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_who_uses_the_password_that_an_earlier_attempt_has_set_is_not_told(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    secret = pair(lab, server)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    with client(secret, secret.value("AWSPENDING")):
        told()
        secret.step(event, Step.SET)
        another_process = template.handler(secret.target.function, secret.target.settings)
        secret.step(event, Step.SET, another_process)
    assert told() == []


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_a_leaked_password_is_ended_at_once(lab: Lab, server: Server) -> None:
    secret = pair(lab, server, HOLD)
    with client(secret, secret.value("AWSPREVIOUS")) as session:
        end_leaked(secret, secret.holder("AWSPREVIOUS") or "")
        assert not is_open(session)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("server", ["postgres_server"], indirect=True)
def test_the_rotation_that_a_leak_needs_is_let_pass_as_the_refusal_says(
    lab: Lab, server: Server
) -> None:
    secret = pair(lab, server, HOLD)
    leaked = secret.holder("AWSCURRENT") or ""
    with client(secret, secret.value("AWSPREVIOUS")):
        event = secret.begin()
        assert "has leaked" in (do := hold(secret, event).do)
        assert "OLD_CREDENTIAL_IN_USE of the function, to warn" in do
        assert isinstance(secret.target, PostgresTarget)
        secret.target.settings = {"OLD_CREDENTIAL_IN_USE": "warn"}
        secret.function = lab.functions.add(secret.target)
        secret.steps(event)
        end_leaked(secret, leaked)
    assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_session_of_another_rotation_is_nobodys(lab: Lab, server: Server) -> None:
    """On MariaDB one that lasts cannot be told from a client's, without its performance schema."""
    secret = pair(lab, server)
    with client(secret, secret.value("AWSPREVIOUS"), "secret-rotation"):
        bad = secret.diagnose().bad
    assert bool(bad) is (server.engine == "mariadb")


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_user_whose_name_differs_in_capital_letters_is_another(lab: Lab, server: Server) -> None:
    secret = pair(lab, server)
    kind, name = SINGLE[server.engine], str(secret.value("AWSPREVIOUS")["username"])
    other = kind(server, name.upper())
    with closing(other.open(other.document)):
        assert secret.diagnose().bad == []


@pytest.mark.parametrize("server", ["mysql_server"], indirect=True)
def test_that_several_accounts_have_the_name_is_said(lab: Lab, server: Server) -> None:
    """The server does not say by which of them a session was let in."""
    secret = pair(lab, server, HOLD)
    old = secret.value("AWSPREVIOUS")
    assert isinstance(secret.target, MySQLTarget)
    with secret.target.admin() as admin, admin.cursor() as cursor:
        other = "CREATE USER %s@'127.0.0.1' IDENTIFIED BY 'of-somebody-else-1'"
        cursor.execute(other, (old["username"],))
        with client(secret, {**old, "password": "of-somebody-else-1"}, "another"):
            refusal = hold(secret, secret.begin())
        cursor.execute("DROP USER %s@'127.0.0.1'", (old["username"],))
    said = f"user '{old['username']}' from 127.0.0.1 as 'another', by one of 2 accounts of that"
    assert said in refusal.what


# --- who may look ---


def by_an_admin_of_few_rights(secret: LabSecret) -> None:
    """From now on: with what a rotation needs, and no more."""
    arn, name = str(secret.value()["masterarn"]), f"blind {uuid.uuid4().hex[:8]}"
    target = secret.target
    assert isinstance(target, MySQLTarget)
    with target.admin() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY 'an-admins-1'", (name,))
        cursor.execute(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE USER ON *.* TO %s@'%%' WITH GRANT OPTION",
            (name,),
        )
    admin = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    blind = json.dumps({**admin, "username": name, "password": "an-admins-1"})
    secret.lab.client.put_secret_value(SecretId=arn, SecretString=blind)


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_an_admin_who_is_shown_nobody_holds_nothing_and_names_the_right(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    secret = pair(lab, server, HOLD)
    by_an_admin_of_few_rights(secret)
    with client(secret, secret.value("AWSPREVIOUS")):
        (unseen,) = (e for e in secret.diagnose().findings if e["code"] == "Forbidden")
        assert unseen["state"] == "unknown"
        told()
        secret.steps(secret.begin())
        (line,) = told()
        assert line == f"OLD_CREDENTIAL_IN_USE=hold is not kept: {unseen['what']}; {unseen['do']}"
        assert isinstance(secret.target, MySQLTarget)
        with secret.target.admin() as account, account.cursor() as cursor:
            cursor.execute(line.rpartition("; ")[2])
    with client(secret, secret.value("AWSPREVIOUS")):
        hold(secret, secret.begin())


@pytest.mark.parametrize("named_server", ["postgres-15", "postgres", "postgres-18"], indirect=True)
def test_postgresql_shows_everybody_who_and_the_address_by_a_right(named_server: Server) -> None:
    name = f"read {uuid.uuid4().hex[:8]}"
    target = PostgresTarget(named_server, name)
    looker = PostgresTarget(named_server, f"{name} looker")
    login = Login.parse({**looker.document, "dbname": "postgres"}, default_port=5432)
    engine = PostgresEngine(DatabaseAuthorities(named_server.ca))
    with target.open(target.document), engine.connect(login) as session:
        (seen,) = session.sessions_of(name)
        grant = f'GRANT pg_read_all_stats TO "{name} looker"'
        assert seen == f"user '{name}' from an address that is not shown ({grant} shows it)"
        assert session.sessions_of(name, lasting=0.001) == []  # nor is its beginning
        with target.admin() as admin:
            admin.execute(grant.encode())
        assert session.sessions_of(name) == [f"user '{name}' from 127.0.0.1"]
        assert session.sessions_of(name, lasting=0.001) == [f"user '{name}' from 127.0.0.1"]
        assert session.sessions_of(name, lasting=3600) == []
        assert session.sessions_of(login.username) == []


# --- two passwords of one user ---


def wait_until_idle(secret: LabSecret, session: Any, seconds: float) -> None:  # noqa: ANN401 - PyMySQL's
    """Until the server itself says that it has been for so long."""
    target = secret.target
    assert isinstance(target, MySQLTarget)
    asked = "SELECT 1 FROM information_schema.processlist WHERE id = %s AND time > %s"
    with target.admin() as account, account.cursor() as cursor:
        for _ in tries(30):
            cursor.execute(asked, (session.thread_id(), seconds))
            if cursor.fetchall():
                return
    raise AssertionError("it never was")


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_who_is_logged_in_since_before_the_password_in_use_is_waited_for_and_told(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    """Of two passwords no server says with which of them a session began, but some are older."""
    secret = overlapping(lab, server, **HOLD)
    with ExitStack() as stack:
        old = stack.enter_context(client(secret, secret.value()))
        wait_until_idle(secret, old, MARGIN_SECONDS + 1)
        assert secret.rotate().state == "succeeded"
        stack.enter_context(client(secret, secret.value("AWSPREVIOUS"), "late"))
        stack.enter_context(client(secret, secret.value(), "current"))
        event = secret.begin()
        refusal = hold(secret, event)
        words = f"an older credential is still in use: user '{secret.value()['username']}'"
        assert re.fullmatch(name_in(f"{words} from 127.0.0.1", server), refusal.what), refusal
        secret.date_back(timedelta(days=37))  # the session is the younger one now
        secret.step(event, Step.CREATE)
        secret.date_back(-timedelta(days=37))
        told()
        secret.step(event, Step.SET)
        (line,) = told()
        assert re.match(name_in(f"{words} from 127.0.0.1", server) + "; it has been", line)
        assert is_open(old)


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_a_server_that_ends_what_is_idle_for_as_long_holds_nothing_and_it_is_said(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    """Both end it after eight hours, unless they are told otherwise."""
    secret = overlapping(lab, server, **HOLD)
    assert secret.rotate().state == "succeeded"
    secret.date_back(timedelta(hours=7))
    assert secret.rotate().state == "succeeded"
    assert told() == []
    secret.date_back(timedelta(hours=9))
    assert secret.rotate().state == "succeeded"
    (line,) = told()
    assert line.startswith("OLD_CREDENTIAL_IN_USE=hold is not kept: mysql ")
    assert "the server ends sessions that are idle for 28800 s, so it shows none" in line


@pytest.mark.parametrize("server", MYSQL, indirect=True)
def test_where_the_server_shows_that_it_takes_no_older_one_nobody_is_told(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    """MariaDB shows it to every user, MySQL to whoever may read mysql.user."""
    target = SINGLE[server.engine](server, f"read {uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    with client(secret, secret.value()) as old:
        wait_until_idle(secret, old, MARGIN_SECONDS + 1)
        assert secret.rotate().state == "succeeded"
        target.settings = {**OVERLAP, **HOLD}
        secret.function = lab.functions.add(target)
        event = secret.begin()
        if server.engine == "mysql":
            assert "which the server may take still" in hold(secret, event).do
            assert isinstance(target, MySQLTarget)
            with target.admin() as admin, admin.cursor() as cursor:
                name = secret.value()["username"]
                cursor.execute("GRANT SELECT ON mysql.user TO %s@'%%'", (name,))
        told()
        secret.steps(event, Step.CREATE, Step.SET)
        assert told() == []


@pytest.mark.parametrize("server", ["mariadb_server"], indirect=True)
def test_a_password_that_a_person_stored_again_is_as_old_as_it_was(
    lab: Lab, server: Server, told: Callable[[], list[str]]
) -> None:
    secret = overlapping(lab, server)
    with client(secret, secret.value()) as old:
        wait_until_idle(secret, old, MARGIN_SECONDS + 1)
        assert secret.rotate().state == "succeeded"
        with client(secret, secret.value()) as current:
            wait_until_idle(secret, current, MARGIN_SECONDS + 1)
            edited = json.dumps({**secret.value(), "note": "by hand"})
            secret.lab.client.put_secret_value(SecretId=secret.arn, SecretString=edited)
            told()
            assert secret.rotate().state == "succeeded"
            (line,) = told()
            assert "times" not in line


@pytest.mark.parametrize("server", ["mysql_server"], indirect=True)
def test_a_password_that_ends_on_finish_is_everybodys_and_nobody_is_asked(
    lab: Lab, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*_: object, **__: object) -> NoReturn:
        raise AssertionError

    monkeypatch.setattr(MySQLSession, "sessions_of", asked)
    secret = overlapping(lab, server, **HOLD, OLD_PASSWORD_ENDS="on-finish")
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
