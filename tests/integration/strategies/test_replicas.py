"""A secret whose host is a reader, and whose admin works at the writer."""

import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy

import pytest

from local.servers import Server
from local.servers.mysql.family import login as mysql_login
from local.servers.postgres import login as postgres_login
from local.targets.database import ALIAS
from shared.errors import RotationError
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE
from tests.fixtures.replicas import wait_for_user
from tests.lab import Lab, LabSecret
from tests.leaked import end_leaked, is_open, sessions

BY_ADMIN = {"ADMIN_SETS_PASSWORD": "true"}
STRATEGIES: dict[str, Mapping[str, str] | None] = {
    "by an admin": BY_ADMIN,
    "short gap": {**BY_ADMIN, "SHORT_GAP": "true"},
    "overlap": {**BY_ADMIN, "PASSWORD_OVERLAP": "true"},
    "overlap until finishSecret": {
        **BY_ADMIN,
        "PASSWORD_OVERLAP": "true",
        "OLD_PASSWORD_ENDS": "on-finish",
    },
    "alternating users": None,
}
CASES = [
    (engine, strategy)
    for engine in ("postgres", "mysql", "mariadb")
    for strategy in STRATEGIES
    if engine != "postgres" or "overlap" not in strategy
]


class Pair:
    """A writer and its reader, and the secret of a user that is known to both."""

    def __init__(self, lab: Lab, writer: Server, reader: Server, strategy: str) -> None:
        self.reader = reader
        name, settings = f"reader {uuid.uuid4().hex[:8]}", STRATEGIES[strategy]
        self.target = (
            ALTERNATING[writer.engine](writer, name)
            if settings is None
            else SINGLE[writer.engine](writer, name, settings)
        )
        self.target.name_reader(reader)
        self.secret = lab.secret(self.target)
        self.at_reader = copy(self.target)
        self.at_reader.server = reader
        wait_for_user(reader, name, str(self.target.document["password"]))

    @contextmanager
    def late(self) -> Iterator[None]:
        """The reader learns of nothing until it has refused what was set at the writer."""
        with self._paused() as resume:
            ended = threading.Event()
            resumed = threading.Thread(target=self._resume_once_set, args=(resume, ended))
            resumed.start()
            try:
                yield
            finally:
                ended.set()
                resumed.join()

    def _resume_once_set(self, resume: Callable[[], object], ended: threading.Event) -> None:
        while not ended.is_set():
            pending = self.secret.holder("AWSPENDING")
            stored = pending and pending != self.secret.holder("AWSCURRENT")
            if stored and _has_value(self.secret) and self.target.accepts(self._pending()):
                break
        resume()

    def _pending(self) -> Mapping[str, object]:
        return self.secret.value("AWSPENDING")

    @contextmanager
    def _paused(self) -> Iterator[Callable[[], object]]:
        if self.reader.engine == "postgres":
            with postgres_login(self.reader) as admin:
                admin.execute("SELECT pg_wal_replay_pause()")
                yield lambda: admin.execute("SELECT pg_wal_replay_resume()")
            return
        word = "SLAVE" if self.reader.engine == "mariadb" else "REPLICA"
        with mysql_login(self.reader) as connection, connection.cursor() as cursor:
            cursor.execute(f"STOP {word} SQL_THREAD")
            yield lambda: cursor.execute(f"START {word} SQL_THREAD")


def _has_value(secret: LabSecret) -> bool:
    listed = secret.lab.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
    return any("AWSPENDING" in version.get("VersionStages", []) for version in listed)


@pytest.fixture
def pair(lab: Lab, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Pair:
    engine, strategy = request.param
    writer: Server = request.getfixturevalue(f"{engine}_writer")
    reader: Server = request.getfixturevalue(f"{engine}_reader")
    # RDS itself is asked in tests/unit/shared/aws/test_rds.py; the same host by another name here.
    monkeypatch.setattr(
        "shared.aws.rds.Rds.same_data", lambda _, *hosts: hosts == (reader.host, ALIAS)
    )
    return Pair(lab, writer, reader, strategy)


@pytest.mark.parametrize("pair", CASES, indirect=True, ids=" ".join)
def test_a_reader_that_is_late_is_waited_for_in_setsecret(pair: Pair) -> None:
    for late in (False, True, True):
        if late:
            with pair.late():
                outcome = pair.secret.rotate()
        else:
            outcome = pair.secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert pair.target.accepts(pair.secret.value())
        assert pair.at_reader.accepts(pair.secret.value())


@pytest.mark.parametrize(
    "pair",
    [("postgres", "alternating users"), ("mysql", "overlap"), ("mariadb", "by an admin")],
    indirect=True,
    ids=" ".join,
)
def test_what_has_leaked_ends_at_the_reader_and_at_the_writer(pair: Pair) -> None:
    old, leaked = pair.secret.value(), pair.secret.holder("AWSCURRENT") or ""
    with sessions((pair.target, old), (pair.at_reader, old)) as opened:
        assert pair.secret.rotate().state == "succeeded"
        answer = end_leaked(pair.secret, leaked)
        assert (answer["left"], answer["refused"]["proven"]) == ([], True)
        assert [is_open(each) for each in opened] == [False, False]
    assert not pair.target.accepts(old)
    assert not pair.at_reader.accepts(old)
    assert pair.at_reader.accepts(pair.secret.value())


@pytest.mark.parametrize("server", ["postgres", "mysql", "mariadb"])
def test_a_user_that_changes_itself_at_a_reader_is_told_which_host_it_takes(
    lab: Lab, request: pytest.FixtureRequest, server: str
) -> None:
    writer: Server = request.getfixturevalue(f"{server}_writer")
    reader: Server = request.getfixturevalue(f"{server}_reader")
    target = SINGLE[writer.engine](writer, f"reader {uuid.uuid4().hex[:8]}")
    secret = lab.secret(target)
    here = secret.value()
    secret.store({**here, "port": reader.port})
    wait_for_user(reader, here["username"], here["password"])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(RotationError) as caught:
        secret.step(event, Step.SET)
    assert caught.value.field == "host"
    assert "to the writer" in caught.value.do
    secret.abandon(event)
    secret.store(here)  # as it says
    assert secret.rotate().state == "succeeded"
