"""What each face of a database must do through rotations; a face is a subclass that logs in."""

import logging
import traceback
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest
from rotating import MalformedSecret, Secret, is_rejection

from local.processes.children import free_port
from local.servers import Server
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.protocol.event import Step
from tests.clients.databases.source import CURRENT, PENDING, Reader, wait_for
from tests.lab import Lab, LabSecret

User = PostgresTarget | MySQLTarget
OURS = "clients/rotating/"
LOGGERS = ("psycopg", "sqlalchemy")  # the functions, which run in this process, quieten the first


@dataclass(frozen=True)
class World:
    """A secret that is rotated, and the application's view of it."""

    rotated: LabSecret
    reader: Reader
    secret: Secret
    tls: dict[str, Any]

    @property
    def name(self) -> str:
        """The user's, before any rotation."""
        assert isinstance(self.rotated.target, User)
        return str(self.rotated.target.document["username"])


class FaceSuite:
    """single, alternating: the users that are rotated; who: the statement that asks for the name.

    refusal: the server's words in its log; error: the name of what comes out in the end; misnamed,
    unvouched: arguments by which the server's certificate is not good; patience: seconds that a
    pool's caller waits.
    """

    single: ClassVar[type[User]]
    alternating: ClassVar[type[User]]
    who: ClassVar[str]
    refusal: ClassVar[str]
    error: ClassVar[str] = "OperationalError"
    misnamed: ClassVar[dict[str, Any]]
    unvouched: ClassVar[dict[str, Any]]
    patience = 30.0

    @pytest.fixture
    def database(self) -> Server:
        raise NotImplementedError("a subclass gives the server")

    def tls(self, server: Server) -> dict[str, Any]:
        """What a caller gives for this server's authority, and no more."""
        raise NotImplementedError

    def user(self, secret: Secret, **own: Any) -> str:  # noqa: ANN401 - the driver's own
        """Log in anew, and ask whose session it is."""
        raise NotImplementedError

    def a_world(
        self, lab: Lab, database: Server, kind: type[User], wait_seconds: float = 30.0
    ) -> World:
        rotated = lab.secret(kind(database, f"face {uuid.uuid4().hex[:8]}"))
        reader = Reader(rotated.arn, lab.client)
        secret = Secret(rotated.arn, source=reader, wait_seconds=wait_seconds)
        return World(rotated, reader, secret, self.tls(database))

    @pytest.fixture
    def world(self, lab: Lab, database: Server) -> World:
        return self.a_world(lab, database, self.single)

    @pytest.fixture
    def hasty(self, lab: Lab, database: Server) -> World:
        """One that waits for no label."""
        return self.a_world(lab, database, self.single, wait_seconds=0.0)

    # --- rotations ---

    def test_in_the_gap_of_a_single_user_it_gets_in_by_the_pending_version(
        self, world: World
    ) -> None:
        assert self.user(world.secret, **world.tls) == world.name
        event = world.rotated.begin()
        world.rotated.steps(event, Step.CREATE, Step.SET)
        assert self.user(world.secret, **world.tls) == world.name
        assert world.reader.reads == [CURRENT, CURRENT, PENDING]
        world.rotated.steps(event, Step.TEST, Step.FINISH)
        assert world.rotated.rotate().state == "succeeded"
        assert self.user(world.secret, **world.tls) == world.name

    def test_users_that_alternate_come_with_their_own_password(
        self, lab: Lab, database: Server
    ) -> None:
        world = self.a_world(lab, database, self.alternating)
        seen = [self.user(world.secret, **world.tls)]
        assert world.rotated.rotate().state == "succeeded"
        seen.append(self.user(world.secret, **world.tls))  # the old one goes on working
        world.secret.refresh()
        seen.append(self.user(world.secret, **world.tls))
        for _ in range(2):
            assert world.rotated.rotate().state == "succeeded"
        seen.append(self.user(world.secret, **world.tls))  # whose password is another now
        clone = f"{world.name}_clone"
        assert seen == [world.name, world.name, clone, clone]

    def test_who_may_not_read_the_pending_version_waits_for_the_label(self, world: World) -> None:
        world.reader.denied.add(PENDING)
        self.user(world.secret, **world.tls)
        event = world.rotated.begin()
        world.rotated.steps(event, Step.CREATE, Step.SET)
        with ThreadPoolExecutor(1) as threads:
            waiting = threads.submit(self.user, world.secret, **world.tls)
            wait_for(lambda: world.reader.reads.count(CURRENT) > 2)
            assert not waiting.done()
            world.rotated.steps(event, Step.TEST, Step.FINISH)
            assert waiting.result() == world.name
        assert world.reader.reads.count(PENDING) == 1

    # --- what is no rotation ---

    def test_of_a_wrong_password_a_server_hears_once_and_the_caller_what_it_said(
        self, hasty: World
    ) -> None:
        hasty.rotated.store({**hasty.rotated.value(), "password": "not-the-one"})
        assert isinstance(hasty.rotated.target, User)
        with hasty.rotated.target.overhearing() as heard:
            errors = [self.error_of(hasty.secret, hasty.tls) for _ in range(3)]
            assert heard().count(self.refusal) == 1
        assert {type(error).__name__ for error in errors} == {self.error}
        if self.error == "OperationalError":
            assert all(is_rejection(error) for error in errors)
            told = "".join(traceback.format_exception(errors[0]))
            assert f"rejected were AWSCURRENT ({hasty.rotated.holder(CURRENT)})" in told

    def test_a_server_that_is_down_has_rejected_nobody(self, world: World) -> None:
        error = self.error_of(world.secret, {**world.tls, "port": free_port()})
        assert type(error).__name__ == self.error
        assert not is_rejection(error)
        assert world.reader.reads == [CURRENT]
        assert self.user(world.secret, **world.tls) == world.name

    def test_a_server_of_another_name_or_authority_hears_of_no_user(self, world: World) -> None:
        assert isinstance(world.rotated.target, User)
        with world.rotated.target.overhearing() as heard:
            strange = self.error_of(world.secret, {**world.tls, **self.misnamed})
            unknown = self.error_of(world.secret, self.unvouched)
            assert world.name not in heard()
        assert {type(strange).__name__, type(unknown).__name__} == {self.error}
        if self.error == "OperationalError":
            assert "match" in str(strange)
            assert "certificate" in str(unknown)

    def test_a_field_that_is_missing_is_told_by_its_name(
        self, hasty: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        value = hasty.rotated.value()
        hasty.rotated.store({name: each for name, each in value.items() if name != "password"})
        caplog.set_level(logging.WARNING, "psycopg")
        error = self.error_of(hasty.secret, hasty.tls)
        assert isinstance(error, MalformedSecret) or self.error == "PoolTimeout"
        assert "has no field 'password'" in f"{error} {caplog.text}"

    def test_no_password_is_in_an_error_a_log_or_what_a_traceback_shows_of_us(
        self, hasty: World, caplog: pytest.LogCaptureFixture
    ) -> None:
        for each in ("", *LOGGERS):
            caplog.set_level(logging.DEBUG, each)
        self.user(hasty.secret, **hasty.tls)
        event = hasty.rotated.begin()
        hasty.rotated.steps(event, Step.CREATE, Step.SET)
        hasty.reader.denied.add(PENDING)
        refused = self.error_of(hasty.secret, hasty.tls)
        down = self.error_of(hasty.secret, {**hasty.tls, "port": free_port()})
        values = hasty.rotated.values()
        assert len(values) == 2
        for error in (refused, down):
            shown = "".join((*shown_of(error), caplog.text))
            assert self.error == "PoolTimeout" or OURS in shown
            assert not [value for value in values if value in shown]

    def error_of(self, secret: Secret, own: dict[str, Any]) -> Exception:
        """What a login ends in."""
        self.patience = 0.3
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one, the caller asserts
            self.user(secret, **own)
        return raised.value


def shown_of(error: BaseException | None) -> Iterator[str]:
    """The error as it is printed, and the locals of our frames; likewise of what it came from."""
    while error is not None:
        yield "".join(traceback.format_exception(error))
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        yield from (str(each.locals) for each in told.stack if OURS in each.filename)
        error = error.__cause__ or error.__context__
