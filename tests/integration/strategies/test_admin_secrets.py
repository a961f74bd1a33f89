"""The second secret, the admin's: a fault of it is told before the put, and by its own name."""

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from local.servers import Server
from shared.errors import Busy, MalformedSecret, Rejected, RotationError, TargetMismatch
from shared.protocol import memory
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Document, Lab, LabSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

EVERY = ("postgres_server", "mariadb_server", "mysql_server")


@pytest.fixture(params=["single user", "alternating users"])
def secret(lab: Lab, request: pytest.FixtureRequest, postgres_server: Server) -> LabSecret:
    return secret_on(lab, postgres_server, request.param)


def secret_on(lab: Lab, server: Server, strategy: str) -> LabSecret:
    """One that is rotated by an admin."""
    name = f"second {uuid.uuid4().hex[:8]}"
    if strategy == "single user":
        return lab.secret(SINGLE[server.engine](server, name, {"ADMIN_SETS_PASSWORD": "true"}))
    return lab.secret(ALTERNATING[server.engine](server, name))


def client_of(secret: LabSecret) -> "SecretsManagerClient":
    return secret.lab.client


def arn_of(secret: LabSecret) -> str:
    return str(secret.value()["masterarn"])


def admin_of(secret: LabSecret) -> Document:
    answer = client_of(secret).get_secret_value(SecretId=arn_of(secret))
    return dict(json.loads(answer["SecretString"]))


def store_admin(secret: LabSecret, document: Document) -> None:
    text = json.dumps(document)
    client_of(secret).put_secret_value(SecretId=arn_of(secret), SecretString=text)


def refusal(secret: LabSecret, kind: type[RotationError], words: str) -> RotationError:
    """What createSecret is refused with, which has stored nothing."""
    event = secret.begin()
    with pytest.raises(kind, match=words) as caught:
        secret.step(event, Step.CREATE)
    listed = client_of(secret).list_secret_version_ids(SecretId=secret.arn)["Versions"]
    assert event["ClientRequestToken"] not in [version["VersionId"] for version in listed]
    secret.abandon(event)
    return caught.value


# --- what createSecret can see ---


def without(field: str) -> Callable[[Document], Document]:
    return lambda document: {key: value for key, value in document.items() if key != field}


def port_in_host(document: Document) -> Document:
    return {**document, "host": f"{document['host']}:{document['port']}"}


FAULTS: dict[str, tuple[Callable[[Document], Document], type[RotationError], str]] = {
    "no username": (without("username"), MalformedSecret, "'username' of the admin's secret arn"),
    "no password": (without("password"), MalformedSecret, "'password' of the admin's secret arn"),
    "no host": (without("host"), TargetMismatch, "no 'host'"),
    "its port in its host": (port_in_host, MalformedSecret, "admin's .* has the port in it"),
    "another engine": (lambda it: {**it, "engine": "oracle"}, TargetMismatch, "of the admin's"),
    "another server": (lambda it: {**it, "port": 1}, TargetMismatch, "which is neither"),
    "a number for a name": (lambda it: {**it, "dbname": 5}, MalformedSecret, "'dbname' of the adm"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_admins_secret_is_told_before_the_put(secret: LabSecret, fault: str) -> None:
    change, kind, words = FAULTS[fault]
    good = admin_of(secret)
    store_admin(secret, change(good))
    refusal(secret, kind, words)
    store_admin(secret, good)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_is_corrected_between_attempts_is_read_anew(
    secret: LabSecret, fault: str
) -> None:
    """Also by a function that is warm, and has read it before."""
    change, kind, _ = FAULTS[fault]
    good = admin_of(secret)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    store_admin(secret, change(good))
    memory.of_rotation("another", "secret")  # as in a function that has just started
    with pytest.raises(kind):
        secret.step(event, Step.SET)
    store_admin(secret, good)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_an_admins_secret_that_is_no_json_object_is_told_before_the_put(secret: LabSecret) -> None:
    good = admin_of(secret)
    client_of(secret).put_secret_value(SecretId=arn_of(secret), SecretString="a password")
    refusal(secret, MalformedSecret, f"the value of the admin's secret {arn_of(secret)}")
    store_admin(secret, good)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize(
    ("host", "admins"), [("LOCALHOST", "localhost."), ("localhost.", "Localhost")]
)
def test_one_host_in_two_spellings_is_one(secret: LabSecret, host: str, admins: str) -> None:
    secret.store({**secret.value(), "host": host})
    store_admin(secret, {**admin_of(secret), "host": admins})
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.value()["host"] == host


def test_an_admin_whose_database_is_an_empty_string_has_none(secret: LabSecret) -> None:
    store_admin(secret, {**admin_of(secret), "dbname": ""})
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


# --- what masterarn names ---


def test_no_masterarn(secret: LabSecret) -> None:
    good = secret.value()
    secret.store(without("masterarn")(good))
    assert refusal(secret, MalformedSecret, "'masterarn'").field == "masterarn"


@pytest.mark.parametrize(
    "change", ["not there", "another region", "no secret's", "name", "deleted"]
)
def test_a_masterarn_that_cannot_be_read_is_told_before_the_put(
    secret: LabSecret, change: str
) -> None:
    good = secret.value()
    arn = str(good["masterarn"])
    named = {
        "not there": f"{arn}x",
        "another region": arn.replace("us-east-1", "eu-west-1"),
        "name": arn.partition(":secret:")[2],  # as any other field's value may look
        "no secret's": "arn:aws:iam::123456789012:role/admin",
        "deleted": arn,
    }[change]
    secret.store({**good, "masterarn": named})
    if change == "deleted":
        client_of(secret).delete_secret(SecretId=arn)
    error = refusal(secret, MalformedSecret, "'masterarn'")
    assert error.field == "masterarn"
    if change == "another region":
        assert "replicate" in error.do
    if change == "deleted":
        assert "restore" in error.do
        client_of(secret).restore_secret(SecretId=arn)
    secret.store(good)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


def test_a_partial_arn_as_the_service_takes_it_is_taken(secret: LabSecret) -> None:
    secret.store({**secret.value(), "masterarn": arn_of(secret).rpartition("-")[0]})
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


# --- the admin's login ---


@pytest.mark.parametrize("server", EVERY, indirect=True)
@pytest.mark.parametrize("strategy", ["single user", "alternating users"])
def test_a_wrong_password_of_the_admins_is_told_of_its_secret(
    lab: Lab, server: Server, strategy: str
) -> None:
    secret = secret_on(lab, server, strategy)
    good = admin_of(secret)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    store_admin(secret, {**good, "password": "not the admin's"})
    memory.of_rotation("another", "secret")  # as in a function that has just started
    with pytest.raises(Rejected) as caught:
        secret.step(event, Step.SET)
    assert caught.value.field == "masterarn"
    assert arn_of(secret) in caught.value.what
    assert arn_of(secret) in caught.value.do
    assert repr(good["username"]) in caught.value.what
    store_admin(secret, good)  # as it says
    secret.steps(event)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_an_admin_that_is_rotated_meanwhile_is_read_anew(lab: Lab, server: Server) -> None:
    secret = secret_on(lab, server, "single user")
    good = admin_of(secret)
    store_admin(secret, {**good, "password": "what it was before"})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    store_admin(secret, good)
    secret.steps(event)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_rotation_of_the_admins_in_progress_is_worth_another_attempt(
    lab: Lab, server: Server
) -> None:
    secret = secret_on(lab, server, "alternating users")
    good = admin_of(secret)
    store_admin(secret, {**good, "password": "what it was before"})
    pending = client_of(secret).put_secret_value(
        SecretId=arn_of(secret), SecretString=json.dumps(good), VersionStages=["AWSPENDING"]
    )
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Busy, match="is being rotated itself") as caught:
        secret.step(event, Step.SET)
    assert caught.value.field == "masterarn"
    move_current(secret, pending["VersionId"])  # as that rotation's finishSecret does
    secret.steps(event)
    assert secret.target.accepts(secret.value())


def move_current(secret: LabSecret, to: str) -> None:
    stages = client_of(secret).describe_secret(SecretId=arn_of(secret))["VersionIdsToStages"]
    (holder,) = [version for version, labels in stages.items() if "AWSCURRENT" in labels]
    client_of(secret).update_secret_version_stage(
        SecretId=arn_of(secret),
        VersionStage="AWSCURRENT",
        MoveToVersionId=to,
        RemoveFromVersionId=holder,
    )


# --- attaching without rotating ---


@pytest.mark.parametrize("server", EVERY, indirect=True)
@pytest.mark.parametrize("strategy", ["single user", "alternating users"])
def test_attaching_tries_the_admin_and_changes_nothing(
    lab: Lab, server: Server, strategy: str
) -> None:
    secret = secret_on(lab, server, strategy)
    good = admin_of(secret)
    before = secret.accepted_versions()
    store_admin(secret, {**good, "password": "not the admin's"})
    memory.of_rotation("another", "secret")
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "failed"
    assert arn_of(secret) in str(outcome.error)
    store_admin(secret, good)  # as it says
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state == "succeeded", outcome.error
    assert secret.accepted_versions() >= before
    assert secret.rotate().state == "succeeded"
