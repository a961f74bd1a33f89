"""moto's server: that the referee can whistle; and AWS's path, whose every call moto answers too."""

import json
import os
import signal
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.processes import children
from local.verify import endpoint, rules, sweep
from local.verify.place import Place
from local.verify.sweep import ROOT
from local.verify.verdict import Outcome, ask, rulings

MOTO = "5.2.5"
WITHIN = 60.0
# As like the referee's own as names can be, and not to be touched.
FOREIGN = (f"{ROOT}-of-mine", f"{ROOT}/mine", f"{ROOT}/0123456789ab/mine", "app/db")


def _client(moto: str, service: str, region: str = "us-east-1") -> Any:
    make: Any = boto3.client
    return make(
        service,
        region_name=region,
        endpoint_url=moto,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


def _environment(moto: str) -> dict[str, str]:
    """AWS, as far as any SDK can tell."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return kept | {
        "AWS_ENDPOINT_URL": moto,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _start(moto: str, log: Path, *options: str) -> children.Child:
    argv = [sys.executable, "-m", "local.verify", "--endpoint", "aws", *options]
    return children.start(argv, log=log, name="verify", env=_environment(moto))


def _ended(child: children.Child) -> int:
    try:
        assert child.wait(child.ended, WITHIN), child.log.read_text()
        return child.process.wait()
    finally:
        children.stop(child, signal.SIGKILL, 0)


def _names(moto: str) -> set[str]:
    """Every secret and stack there."""
    regions = [_client(moto, "secretsmanager", each) for each in ("us-east-1", "us-west-2")]
    listed = [each.list_secrets(IncludePlannedDeletion=True)["SecretList"] for each in regions]
    stacks = _client(moto, "cloudformation").describe_stacks()["Stacks"]
    secrets = {item["Name"] for items in listed for item in items}
    return secrets | {stack["StackName"] for stack in stacks}


@pytest.fixture(scope="module")
def foreign(moto: str) -> set[str]:
    """Secrets that are somebody else's."""
    client = _client(moto, "secretsmanager")
    for name in FOREIGN:
        client.create_secret(Name=name, SecretString="not yours")
    return set(FOREIGN)


def test_the_referee_whistles_at_moto(moto: str, foreign: set[str]) -> None:
    assert metadata.version("moto") == MOTO  # another one may break other rules
    place = endpoint.remote_place(moto)
    try:
        assert endpoint.deployed(place) == "the function answers no canary"
        results = [ask(place, check) for check in rules.checks()]
    finally:
        swept = sweep.sweep(place)
    ruled = list(rulings(results, place.kind))
    broken = [each.fact.number for each in ruled if each.outcome is Outcome.BROKEN]
    assert len(broken) == 19, broken
    checks = Counter(each.outcome for each in results)
    assert checks[Outcome.BROKEN] == 49, checks
    cannot = {each.fact.number for each in ruled if each.outcome is Outcome.CANNOT}
    assert cannot >= {2, 3, 4, 6}  # its Lambda runs nothing
    assert swept.left == []
    assert _names(moto) == foreign


def test_the_whole_way_on_aws(moto: str, foreign: set[str], tmp_path: Path) -> None:
    recorded = tmp_path / "aws.json"
    options = ("--yes", "--only", "8", "--output", "json", "--record", str(recorded))
    child = _start(moto, tmp_path / "log", *options)
    assert _ended(child) == 0, child.log.read_text()
    said = child.log.read_text()
    assert "Account 123456789012 as arn:aws:" in said
    assert f"a stack of CloudFormation, {ROOT}-" in said
    assert "It costs less than 0.0" in said
    assert "Rotations cannot be asked there: the function answers no canary." in said
    assert "nothing is left" in said
    assert '"outcome": "holds"' in said
    assert "another_value_for_a_version_is_refused" in json.loads(recorded.read_text())
    assert _names(moto) == foreign


def test_without_a_yes_nothing_is_made(moto: str, foreign: set[str], tmp_path: Path) -> None:
    child = _start(moto, tmp_path / "log", "--only", "8")  # its input is empty
    assert _ended(child) != 0
    assert "Begin?" in child.log.read_text()
    assert _names(moto) == foreign


@pytest.mark.parametrize(
    ("how", "code", "left"), [(signal.SIGINT, 130, 0), (signal.SIGTERM, 143, 0), (signal.SIGKILL, -9, 2)]
)
def test_what_was_made_is_removed_also_when_it_is_cut_off(
    moto: str, foreign: set[str], tmp_path: Path, how: signal.Signals, code: int, left: int
) -> None:
    # A check that moto breaks waits for reads to settle, as it has to on AWS.
    child = _start(moto, tmp_path / "log", "--yes", "--only", "9")
    try:
        made = child.wait(lambda: len(_names(moto) - foreign) > 2, WITHIN)
        assert made, child.log.read_text()
        child.process.send_signal(how)
    finally:
        assert _ended(child) == code, child.log.read_text()
    assert len(_names(moto) - foreign) >= left
    again = _start(moto, tmp_path / "again", "--clean-up")
    assert _ended(again) == 0, again.log.read_text()
    assert _names(moto) == foreign
    said = again.log.read_text()
    assert f"secret {ROOT}/" in said if left else "0 removed, nothing is left" in said


def test_replicas_go_with_their_primary(moto: str, foreign: set[str]) -> None:
    place = endpoint.remote_place(moto)
    client = place.client()
    name = f"{place.prefix}/0-01234567"
    client.create_secret(
        Name=name, SecretString="any", AddReplicaRegions=[{"Region": place.other_region}]
    )
    assert sweep.sweep(place).gone == [f"secret {name} in {place.region}"]
    assert _names(moto) == foreign


def test_what_cannot_be_removed_is_told(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    place: Place = endpoint.remote_place(moto)
    client = place.client()
    client.create_secret(Name=f"{place.prefix}/canary")
    refuse = client.exceptions.InvalidRequestException({"Error": {}}, "DeleteSecret")
    with monkeypatch.context() as patched:
        patched.setattr(client, "delete_secret", _raising(refuse))
        (told,) = sweep.sweep(place).left
    assert told.startswith(f"secret {place.prefix}/canary in us-east-1: ")
    assert sweep.sweep(place).left == []


def _raising(error: Exception) -> Any:
    def refuse(**_request: object) -> None:
        raise error

    return refuse
