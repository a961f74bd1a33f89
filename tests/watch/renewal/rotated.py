"""A secret that a small function has rotated, and the event of it as the rule hands it on."""

import json
import os
from functools import cache
from typing import Any

import boto3

from local.secrets_manager import SecretsManager
from tests.watch.published import event_of
from tests.watch.renewal.account import declared


@cache
def _client(endpoint: str) -> Any:  # noqa: ANN401 - boto3's
    return boto3.client("secretsmanager", endpoint_url=endpoint)


def _function(event: dict[str, str], _context: object) -> None:
    """One secret's word after another; no target."""
    client = _client(os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"])
    of = {"SecretId": event["SecretId"]}
    token = event["ClientRequestToken"]
    if event["Step"] == "createSecret":
        client.put_secret_value(
            **of, ClientRequestToken=token, SecretString=token, VersionStages=["AWSPENDING"]
        )
    elif event["Step"] == "finishSecret":
        current = client.get_secret_value(**of)["VersionId"]
        client.update_secret_version_stage(
            **of,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token,
            RemoveFromVersionId=current,
        )


class Rotated:
    """name, arn: the secret's."""

    def __init__(self, secrets: SecretsManager, name: str) -> None:
        self._secrets = secrets
        secrets.add_function("Words", _function)
        self.name = name
        self.arn = secrets.client().create_secret(Name=name, SecretString="first")["ARN"]
        self.rotate()

    def rotate(self) -> None:
        """Once more, and wait for its end."""
        outcome = self._secrets.rotate(self.name, "Words")
        assert outcome.state == "succeeded", outcome.error

    def store_by_hand(self) -> None:
        """A new current value, of which no event tells."""
        self._secrets.client().put_secret_value(SecretId=self.arn, SecretString="by hand")

    @property
    def event(self) -> dict[str, Any]:
        """The newest, as EventBridge has it."""
        return event_of(self, "RotationSucceeded")

    @property
    def given(self) -> dict[str, str]:
        """What the rule makes of it for the state machine, by the template's own transformer."""
        (target,) = declared("ReaderRenewalEvents")["Targets"]
        transformer = target["InputTransformer"]
        text, event = transformer["InputTemplate"], self.event
        for name, path in transformer["InputPathsMap"].items():
            found: Any = event
            for key in path.removeprefix("$.").split("."):
                found = found[key]
            text = text.replace(f"<{name}>", json.dumps(found))
        made: dict[str, str] = json.loads(text)
        return made
