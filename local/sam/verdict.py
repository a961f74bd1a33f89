"""What has to hold of a secret and its target after a rotation, whoever drove it."""

import json
from pathlib import Path
from typing import Any

from local.sam.application import AUTHORITY
from local.sam.errors import WrongError
from local.sam.seeding import events
from local.sam.system import Outside

REFUSAL = "WrongStage"  # what a function says to a token that is not the pending version's


def current(outside: Outside, function: str) -> dict[str, Any]:
    """The function's secret, its AWSCURRENT."""
    return _value(outside, function, VersionStage="AWSCURRENT")


def hold(outside: Outside, function: str, before: dict[str, Any], version: str) -> None:
    """Raise WrongError unless `version` is current, and the target accepts what it should.

    before: the secret as it was.
    """
    client = outside.system.service.client()
    stages = client.describe_secret(SecretId=_arn(function))["VersionIdsToStages"]
    labels = {label: holder for holder, held in stages.items() for label in held}
    if labels.get("AWSCURRENT") != version:
        raise WrongError(f"{function}: AWSCURRENT is not at {version}: {stages}")
    target = outside.system.targets[outside.targets[function]]
    if _value(outside, function, VersionStage="AWSPREVIOUS") != before:
        raise WrongError(f"{function}: AWSPREVIOUS is not what was current")
    now = current(outside, function)
    if now == before or not target.accepts(now):
        raise WrongError(f"{function}: the target does not accept the new credential")
    if target.accepts(before) != target.overlaps:
        wanted = "still accepts" if target.overlaps else "refuses"
        raise WrongError(f"{function}: it is not so that the target {wanted} the old credential")


def same_code(outside: Outside, deployed: Path) -> None:
    """Raise WrongError unless what is run here is what is deployed, but for the authority."""
    for function in outside.targets:
        here = _files(outside.application.built / function)
        here.pop(AUTHORITY, None)
        if here != _files(deployed / function):
            raise WrongError(f"{function}: what is built for the local system is other code")


def _files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def _arn(function: str) -> str:
    return events(function)[0]["SecretId"]


def _value(outside: Outside, function: str, **which: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own
    answer = outside.system.service.client().get_secret_value(SecretId=_arn(function), **which)
    return dict(json.loads(answer["SecretString"]))
