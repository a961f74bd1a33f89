"""What the store concludes when an answer is lost, late or a refusal."""

import json
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers import Issuer
from shared.aws import store as store_module
from shared.aws.store import Store
from shared.aws.version import NotStored
from shared.errors import Busy, Unreachable
from shared.secret import Secret as SecretValue
from tests.lab import Event, Lab, LabSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

VALUE, OTHER_VALUE = {"password": "mine"}, {"password": "theirs"}


@pytest.fixture
def secret(lab: Lab, demo_issuer: Issuer) -> LabSecret:
    return lab.secret(IssuerTarget(demo_issuer))


@pytest.fixture
def client(lab: Lab) -> "SecretsManagerClient":
    """One of its own, to break."""
    return boto3.client(
        "secretsmanager",
        endpoint_url=lab.service.endpoint,
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )


def store_of(client: "SecretsManagerClient", secret: LabSecret) -> Store:
    return Store(client, secret.arn)


def put(store: Store, event: Event, document: dict[str, object]) -> None:
    store.put(event["ClientRequestToken"], document, SecretValue(event["RotationToken"]))


def answer_lost(client: "SecretsManagerClient", *, after: Callable[[], Any] | None) -> None:
    """The next PutSecretValue gets no answer; `after` happens first, if it is given."""
    real = client._make_api_call  # type: ignore[attr-defined]  # botocore's one way out

    def call(operation: str, arguments: dict[str, Any]) -> object:
        if operation != "PutSecretValue":
            return real(operation, arguments)
        if after is None:
            real(operation, arguments)
        else:
            after()
        raise ReadTimeoutError(endpoint_url="https://secretsmanager")

    client._make_api_call = call  # type: ignore[attr-defined]  # see above


def test_fact_08_the_same_value_again_is_a_success(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    event, store = secret.begin(), store_of(client, secret)
    put(store, event, dict(VALUE))
    put(store, event, dict(VALUE))


def test_fact_08_another_value_is_a_conflict(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    event, store = secret.begin(), store_of(client, secret)
    put(store, event, dict(OTHER_VALUE))
    with pytest.raises(NotStored):
        put(store, event, dict(VALUE))
    assert secret.version(event["ClientRequestToken"]) == OTHER_VALUE


def test_a_lost_answer_of_a_put_that_was_done(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    event = secret.begin()
    answer_lost(client, after=None)
    put(store_of(client, secret), event, dict(VALUE))
    assert secret.version(event["ClientRequestToken"]) == VALUE


def test_a_lost_answer_while_another_invocation_won(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    event = secret.begin()

    def put_other() -> None:
        secret.lab.client.put_secret_value(
            SecretId=secret.arn,
            ClientRequestToken=event["ClientRequestToken"],
            SecretString=json.dumps(OTHER_VALUE),
            VersionStages=["AWSPENDING"],
        )

    answer_lost(client, after=put_other)
    with pytest.raises(NotStored):
        put(store_of(client, secret), event, dict(VALUE))


def test_a_lost_answer_of_a_put_that_was_not_done(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    """Nothing may be concluded, so nothing is discarded: the attempt fails, and is retried."""
    event = secret.begin()
    answer_lost(client, after=lambda: None)
    with pytest.raises(Unreachable) as caught:
        put(store_of(client, secret), event, dict(VALUE))
    assert caught.value.retryable


def test_a_stale_read_does_not_make_a_stored_value_a_lost_one(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    """The put arrived, its answer was lost, the next try was refused, and the read is stale."""
    event = secret.begin()
    secret.lab.service.settings.stale_reads = 1
    real = client._make_api_call  # type: ignore[attr-defined]  # botocore's one way out

    def call(operation: str, arguments: dict[str, Any]) -> object:
        answer = real(operation, arguments)
        if operation == "PutSecretValue":
            refusal = {"Error": {"Code": "ThrottlingException", "Message": ""}}
            raise ClientError(refusal, operation)  # type: ignore[arg-type]  # all that is read
        return answer

    client._make_api_call = call  # type: ignore[attr-defined]  # see above
    put(store_of(client, secret), event, dict(VALUE))
    assert secret.version(event["ClientRequestToken"]) == VALUE


def test_another_value_is_a_conflict_though_it_is_not_readable_yet(
    client: "SecretsManagerClient", secret: LabSecret
) -> None:
    event, store = secret.begin(), store_of(client, secret)
    put(store, event, dict(OTHER_VALUE))
    secret.lab.service.settings.stale_reads = 100
    with pytest.raises(NotStored) as lost:
        put(store, event, dict(VALUE))
    assert lost.value.refusal is None


def test_fact_13_the_wait_is_bounded_by_the_time_the_function_has_left(
    client: "SecretsManagerClient", secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("shared.patience.time.sleep", waited.append)
    monkeypatch.setattr("shared.patience.time_left", lambda: -1.0)
    with pytest.raises(Busy):
        store_of(client, secret).read(str(uuid.uuid4()))
    assert not waited


def test_fact_07_unlabelled_versions_come_newest_first_and_bounded(
    client: "SecretsManagerClient", secret: LabSecret, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "MAX_UNLABELLED", 3)
    first = secret.value()
    for number in range(7):
        secret.store({**first, "number": number})
    numbers = [version.document.get("number") for version in store_of(client, secret).unlabelled()]
    assert numbers == [4, 3, 2]  # 6 is AWSCURRENT, 5 AWSPREVIOUS


@pytest.mark.parametrize("empty_token", [False, True])
def test_every_page_of_a_list_is_read_and_an_empty_token_ends_it(
    client: "SecretsManagerClient",
    secret: LabSecret,
    monkeypatch: pytest.MonkeyPatch,
    empty_token: bool,
) -> None:
    monkeypatch.setattr(store_module, "PAGE", 2)
    first = secret.value()
    for number in range(7):
        secret.store({**first, "number": number})
        client.update_secret_version_stage(
            SecretId=secret.arn,
            VersionStage=f"pinned {number}",
            MoveToVersionId=str(secret.holder("AWSCURRENT")),
        )
    if empty_token:  # as some emulators end a list
        client.meta.events.register(
            "after-call.secrets-manager.ListSecretVersionIds",
            lambda parsed, **_: parsed.setdefault("NextToken", ""),
        )
    store = store_of(client, secret)
    assert store.valued_labels().keys() == secret.labels().keys()
    assert len(secret.labels()) == 7
    assert len(list(store.unlabelled())) == 1  # the first
