# ruff: noqa: ANN401 the SDK makes its clients' types at run time
"""The referee's rotation function: it does what a script says, and notes what it was asked.

One file, because it is deployed as text; beside the secret NAME there is another, NAME-notes.
Its description is the script: for each step what the first run does, the second, and so on.
Each run adds a tag to it, with what came and how each action ended; never a value, nor the token.
"""

import json
import time
from typing import Any

import boto3
from botocore.exceptions import ClientError

VALUE, OTHER = "new-value", "other-value"
WRONG_TOKEN = "0" * 36

Event = dict[str, str]


def handler(event: Event, _context: object) -> Event | None:
    """What Lambda calls."""
    return run(boto3.client("secretsmanager"), event)


def run(client: Any, event: Event) -> Event | None:
    """One step, or the answer to a canary: whether functions run here, and reach the service."""
    if "Canary" in event:
        return {"Name": client.describe_secret(SecretId=event["Canary"])["Name"]}
    step, secret_id = event["Step"], event["SecretId"]
    is_arn = secret_id.startswith("arn:")
    name = secret_id.split(":secret:")[1][:-7] if is_arn else secret_id
    notes = client.describe_secret(SecretId=f"{name}-notes")
    before = sum(tag["Key"].endswith(f"/{step}") for tag in notes.get("Tags", []))
    runs = json.loads(notes["Description"]).get(step, [""])
    ended = [_ended(client, event, action) for action in runs[min(before, len(runs) - 1)].split()]
    came = f"keys:{'+'.join(sorted(event))} id:{'arn' if is_arn else 'name'}"
    note = f"{event['ClientRequestToken']} {came} {' '.join(ended)}"
    client.tag_resource(
        SecretId=notes["ARN"], Tags=[{"Key": f"{time.time_ns()}/{step}", "Value": note[:256]}]
    )
    if [each for each in ended if not each.startswith("try-") and each.endswith("Exception")]:
        raise RuntimeError(f"{step}: as the script has it")
    return None


def _ended(client: Any, event: Event, action: str) -> str:
    try:
        return f"{action}:{ACTIONS[action.removeprefix('try-')](client, event)}"
    except ClientError as error:
        return f"{action}:{error.response['Error']['Code']}"


def _put(client: Any, event: Event, value: str = VALUE, **token: str) -> str:
    client.put_secret_value(
        SecretId=event["SecretId"],
        ClientRequestToken=event["ClientRequestToken"],
        SecretString=value,
        VersionStages=["AWSPENDING"],
        **token,
    )
    return "ok"


def _label(client: Any, event: Event, label: str, **versions: str) -> str:
    client.update_secret_version_stage(SecretId=event["SecretId"], VersionStage=label, **versions)
    return "ok"


def _labels(client: Any, event: Event) -> Event:
    stages = client.describe_secret(SecretId=event["SecretId"]).get("VersionIdsToStages", {})
    return {label: version for version, labels in stages.items() for label in labels}


def _move(client: Any, event: Event) -> str:
    version, holder = event["ClientRequestToken"], _labels(client, event).get("AWSCURRENT")
    if holder == version:
        return "ok"
    old = {"RemoveFromVersionId": holder} if holder else {}
    return _label(client, event, "AWSCURRENT", MoveToVersionId=version, **old)


def _read(client: Any, event: Event, **which: str) -> str:
    return str(client.get_secret_value(SecretId=event["SecretId"], **which)["SecretString"])


def _same(client: Any, event: Event) -> str:
    pending = _read(client, event, VersionId=event["ClientRequestToken"])
    return "yes" if pending == _read(client, event) else "no"


ACTIONS: dict[str, Any] = {
    "put": lambda client, event: _put(client, event, RotationToken=event["RotationToken"]),
    "put-other": lambda client, event: _put(client, event, OTHER),
    "put-bare": _put,
    "put-wrong": lambda client, event: _put(client, event, RotationToken=WRONG_TOKEN),
    "move": _move,
    "drop": lambda client, event: _label(
        client, event, "AWSPENDING", RemoveFromVersionId=event["ClientRequestToken"]
    ),
    "see": lambda client, event: (
        _read(client, event, VersionId=event["ClientRequestToken"]) and "ok"
    ),
    "same": _same,
    "fail": lambda _client, _event: "Exception",
}
