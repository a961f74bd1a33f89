"""moto's server: that the referee can whistle; and the way on AWS, whose calls it answers too."""

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from typer.testing import CliRunner

from local.bootstrap import ROOT as ROOT_FOLDER
from local.functions.home import FunctionError, name_of
from local.processes import children
from local.verify import endpoint, function, rules, stack, sweep
from local.verify.__main__ import app
from local.verify.place import Place
from local.verify.sweep import ROOT
from local.verify.verdict import Outcome, ask, rulings

MOTO = "5.2.5"
WITHIN = 60.0
# As like the referee's own as names can be, and not to be touched.
FOREIGN = (f"{ROOT}-of-mine", f"{ROOT}/mine", f"{ROOT}/0123456789ab/mine", "app/db")


def _client(moto: str, service: str, region: str = "us-east-1") -> Any:  # noqa: ANN401 as the SDK makes them
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
    page = (ROOT_FOLDER / "docs/verify.md").read_text()
    assert f"breaks {len(broken)} of these rules" in page
    checks = Counter(each.outcome for each in results)
    assert checks[Outcome.BROKEN] == 48, checks
    cannot = {each.fact.number for each in ruled if each.outcome is Outcome.CANNOT}
    assert cannot >= {2, 3, 4, 6}  # its Lambda runs nothing
    assert swept.left == []
    assert _names(moto) == foreign


@pytest.fixture
def aws(moto: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process takes moto for AWS, too."""
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    for name, value in _environment(moto).items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("aws")
def test_the_whole_way_on_aws(moto: str, foreign: set[str], tmp_path: Path) -> None:
    recorded = tmp_path / "aws.json"
    options = ("--only", "8", "--output", "json", "--record", str(recorded))
    ran = CliRunner().invoke(app, ["--endpoint", "aws", *options], input="y\n")
    assert ran.exit_code == 0, ran.output
    said = ran.stderr
    assert "Account 123456789012 as arn:aws:" in said
    assert f"a stack of CloudFormation, {ROOT}-" in said
    assert "It costs less than 0.0" in said
    assert "Rotations cannot be asked there: the function answers no canary." in said
    assert "nothing is left" in said
    (fact,) = json.loads(ran.stdout.partition("\n")[2])  # behind the answer, which is shown
    assert fact["outcome"] == Outcome.HOLDS
    assert "another_value_for_a_version_is_refused" in json.loads(recorded.read_text())
    assert _names(moto) == foreign


@pytest.mark.usefixtures("aws")
def test_without_a_yes_nothing_is_made(moto: str, foreign: set[str]) -> None:
    ran = CliRunner().invoke(app, ["--endpoint", "aws", "--only", "8"], input="n\n")
    assert ran.exit_code == 2
    assert "Begin?" in ran.output
    assert _names(moto) == foreign


class Deployed:
    """A home that has the function under whatever name CloudFormation gave it."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def knows(self, function_arn: str, /) -> bool:
        return name_of(function_arn).startswith(ROOT)

    def invoke(self, function_arn: str, event: Mapping[str, object], /) -> None:
        assert self.knows(function_arn)
        try:
            function.run(self._place.client(), {name: str(value) for name, value in event.items()})
        except RuntimeError as error:
            raise FunctionError("RuntimeError", str(error)) from None


@pytest.mark.usefixtures("aws")
def test_where_the_function_runs_rotations_are_asked_of_it(
    moto: str, foreign: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on AWS: CloudFormation makes the function, Lambda answers its canary, and it rotates."""
    with endpoint.service() as service:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", service.endpoint)
        place = endpoint.remote_place(endpoint.AWS)
        service.home = Deployed(place)
        canary = json.dumps({"Name": stack.canary_name(place.prefix)})
        with urllib3.PoolManager(retries=False) as http:
            http.request(
                "POST", f"{moto}/moto-api/static/lambda-simple/response", json={"results": [canary]}
            )
        try:
            assert endpoint.deployed(place) is None
            chosen = [check for check in rules.checks() if check.number in (1, 2, 3, 4)]
            results = [ask(place, check) for check in chosen]
        finally:
            swept = sweep.sweep(place)
        assert [each.seen for each in results if each.outcome is not Outcome.HOLDS] == []
        assert swept.gone == [
            f"stack {stack.stack_name(place.prefix)}",
            f"secret {stack.canary_name(place.prefix)} in us-east-1",
        ]
    assert _names(moto) == foreign


def _cut_off(moto: str, log: Path, how: signal.Signals) -> int:
    """Begin, and send the signal when there is a secret beside the canary; the exit code."""
    before = _names(moto)
    # A check that moto breaks waits for reads to settle, as it has to on AWS.
    child = _start(moto, log, "--yes", "--only", "9")
    try:
        made = child.wait(lambda: len(_names(moto) - before) > 2, WITHIN)
        assert made, child.log.read_text()
        child.process.send_signal(how)
    finally:
        code = _ended(child)
    return code


def test_ctrl_c_removes_what_was_made(moto: str, foreign: set[str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    assert _cut_off(moto, log, signal.SIGINT) == 130
    assert "nothing is left" in log.read_text()
    assert _names(moto) == foreign


@pytest.mark.usefixtures("aws")
def test_a_clean_up_that_never_came_can_be_made_later(
    moto: str, foreign: set[str], tmp_path: Path
) -> None:
    assert _cut_off(moto, tmp_path / "log", signal.SIGKILL) == -signal.SIGKILL
    left = _names(moto) - foreign
    assert len(left) > 2
    ran = CliRunner().invoke(app, ["--endpoint", "aws", "--clean-up"])
    assert ran.exit_code == 0, ran.output
    assert all(name in ran.output for name in left)
    assert _names(moto) == foreign


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


def _raising(error: Exception) -> Callable[..., None]:
    def refuse(**_request: object) -> None:
        raise error

    return refuse
