"""A password that the server's own rules refuse: told as such, and no rotation is stuck with it."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.servers import Server, postgres
from local.servers.certificates import Authority
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.errors import RejectedByPolicy, WrongStage
from shared.passwords import PasswordPolicy
from shared.protocol.event import Step
from shared.secret import Secret as Value
from tests.lab import Lab, LabSecret

NO_PUNCTUATION = {"EXCLUDE_PUNCTUATION": "true"}


def username() -> str:
    return f"rules_{uuid.uuid4().hex[:8]}"


@contextmanager
def strict(target: MySQLTarget) -> Iterator[None]:
    """With MySQL's own component, which asks for a character that is no letter or digit."""
    with target.admin() as connection, connection.cursor() as cursor:
        cursor.execute("INSTALL COMPONENT 'file://component_validate_password'")
        try:
            yield
        finally:
            cursor.execute("UNINSTALL COMPONENT 'file://component_validate_password'")


@pytest.fixture
def strict_postgres(authority: Authority, tmp_path: Path) -> Iterator[Server]:
    """With passwordcheck, which of a verifier can tell only that it is of the user's name."""
    settings = {"shared_preload_libraries": "passwordcheck"}
    with postgres(tmp_path, authority, settings=settings) as server:
        yield server


def assert_rejected_by_policy(secret: LabSecret) -> dict[str, str]:
    """The rotation fails at setSecret by the server's rules; the user keeps its password."""
    current = secret.holder("AWSCURRENT")
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(RejectedByPolicy) as caught:
        secret.step(event, Step.SET)
    assert not caught.value.retryable
    assert caught.value.field in {"PASSWORD_LENGTH", "EXCLUDE_CHARACTERS", "EXCLUDE_PUNCTUATION"}
    assert "PASSWORD_LENGTH" in caught.value.do
    assert "CancelRotateSecret" not in caught.value.do  # the machine has given the version up
    assert secret.holder("AWSCURRENT") == current
    assert secret.accepted_versions() == {current}
    return event


def test_mysql_tells_it_apart_and_the_next_rotation_begins_anew(
    lab: Lab, mysql_server: Server
) -> None:
    target = MySQLTarget(mysql_server, username(), NO_PUNCTUATION)
    secret = lab.secret(target)
    with strict(target):
        event = assert_rejected_by_policy(secret)
        assert secret.holder("AWSPENDING") is None
        with pytest.raises(WrongStage):
            secret.step(event, Step.SET)
        # The operator does what the error says, and no more: no cancelling, no label by hand.
        target.settings = {}
        mended = LabSecret(lab, target, secret.arn, lab.functions.add(target))
        outcome = mended.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert mended.accepted_versions() == {outcome.version_id}


def test_a_password_longer_than_mysql_takes_is_told_as_such(lab: Lab, mysql_server: Server) -> None:
    secret = lab.secret(MySQLTarget(mysql_server, username(), {"PASSWORD_LENGTH": "257"}))
    assert_rejected_by_policy(secret)
    assert secret.holder("AWSPENDING") is None


def test_a_retry_of_an_installed_password_is_not_refused(lab: Lab, mysql_server: Server) -> None:
    target = MySQLTarget(mysql_server, username(), NO_PUNCTUATION)
    secret = lab.secret(target)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    with strict(target):
        secret.steps(event)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]


def test_postgres_tells_it_apart_and_the_next_rotation_begins_anew(
    lab: Lab, strict_postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = username()
    secret = lab.secret(PostgresTarget(strict_postgres, name))
    with monkeypatch.context() as patch:
        patch.setattr(PasswordPolicy, "generate", lambda _self: Value(name))
        assert_rejected_by_policy(secret)
    assert secret.holder("AWSPENDING") is None
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
