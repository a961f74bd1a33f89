"""`rotctl end --leaked`: one of every strategy, on real targets, and what stands in its way."""

import json
import re
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from local.targets import Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotctl.aws.session import Aws
from tests.issuers.described import BESIDE, EXAMPLES, SLOTS, target_of
from tests.lab import CONFIDENTIAL
from tests.leaked import is_open
from tests.rotctl.documents import POLICY
from tests.rotctl.world import Rotated, World, run

ID = r"[0-9a-f-]{36}"
Make = Callable[[pytest.FixtureRequest, str], Target]


def _key(way: str) -> Make:
    def make(request: pytest.FixtureRequest, _name: str) -> Target:
        shop, stub = request.getfixturevalue("shop"), request.getfixturevalue("stub")
        return target_of(EXAMPLES[way][0], shop, stub, {})

    return make


def _postgres(kind: type[PostgresTarget]) -> Make:
    return lambda request, name: kind(request.getfixturevalue("postgres_server"), name)


def _overlap(request: pytest.FixtureRequest, name: str) -> Target:
    server = request.getfixturevalue("mariadb_server")
    return MySQLTarget(server, name, {"PASSWORD_OVERLAP": "true"})


STRATEGIES: dict[str, Make] = {
    "single user": _postgres(PostgresTarget),
    "overlap": _overlap,
    "alternating users": _postgres(PostgresAlternatingTarget),
    "issued key": _key(BESIDE),
    "two slots": _key(SLOTS),
}


def versions(world: World, arn: str) -> dict[str, Any]:
    """The id and the value of the version of each label."""
    client = world.service.client()
    stages = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    found: dict[str, Any] = {}
    for version, labels in stages.items():
        text = client.get_secret_value(SecretId=arn, VersionId=version)["SecretString"]
        found |= {label: (version, json.loads(text)) for label in labels}
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_it_is_refused_and_its_sessions_are_gone_within_seconds(
    world: World,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    report: Callable[[str], None],
    strategy: str,
) -> None:
    target = STRATEGIES[strategy](request, f"end_{uuid.uuid4().hex[:8]}")
    name = f"leaked/{strategy.replace(' ', '-')}"
    world.home.named[target.function] = target.function
    arn = world.attach(name, target, target.function)
    leaked, document = versions(world, arn)["AWSCURRENT"]
    is_database = isinstance(target, PostgresTarget | MySQLTarget)
    opened = [target.open(document)] if isinstance(target, PostgresTarget | MySQLTarget) else []
    file, began = tmp_path / "receipt.json", time.monotonic()
    shown = run(f"end {name} --leaked --yes --receipt {file}")
    seconds = time.monotonic() - began
    assert shown.code == 0, shown
    assert [is_open(each) for each in opened] == [False for _ in opened]
    for each in opened:
        each.close()
    held = versions(world, arn)
    assert held["AWSPREVIOUS"][0] == leaked
    assert not target.accepts(document)
    assert target.accepts(held["AWSCURRENT"][1])
    told = [re.sub(r"^\d\d:\d\d:\d\d ", "TIME ", line) for line in shown.out.splitlines()]
    assert f"TIME version {held['AWSCURRENT'][0]} is in use" in told
    assert any(
        re.match("(TIME| {8}) ended( by the rotation)?: the (password|key) of", line)
        for line in told
    )
    assert any(line.startswith("TIME refused when it was used: ") for line in told)
    assert re.fullmatch(rf"{name}: the old credential is dead, \d+ s after this began", told[-1])
    receipt = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert (receipt["leaked_version"], receipt["version"]) == (leaked, held["AWSCURRENT"][0])
    assert receipt["proven"]
    assert bool(receipt["sessions"]) is is_database
    assert [each["step"] for each in receipt["steps"]][-1] == "finishSecret"
    written = shown.out + shown.err + file.read_text()
    values = [held[label][1].get(field) for label in held for field in CONFIDENTIAL]
    assert not [value for value in values if value and str(value) in written]
    report(f"rotctl end --leaked, {strategy}: {seconds:.1f} s")


def rotations(world: World, secret: Rotated) -> int:
    return len(world.service.outcomes(secret.arn))


def test_nothing_is_done_before_a_person_has_said_so(world: World, tmp_path: Path) -> None:
    secret = world.secret("leaked/asked")
    before, known = world.describe(secret), rotations(world, secret)
    for words, why in (
        ("end leaked/asked", "somebody else may have; if so: `rotctl end leaked/asked --leaked`"),
        (f"end leaked/asked --leaked --yes --receipt {tmp_path}", "name a file that is not there"),
        ("end nobody --leaked --yes", "DescribeSecret of 'nobody' in us-east-1: it is not there"),
    ):
        refused = run(words)
        assert (refused.code, refused.out) == (2, "")
        assert why in refused.err
    declined = run("end leaked/asked --leaked", typed="n\n")
    assert (declined.code, declined.out.strip()) == (1, "")
    assert "rotate, end the old credential, cut its user's sessions?" in declined.err
    assert (world.describe(secret), rotations(world, secret)) == (before, known)


def test_a_run_that_was_interrupted_goes_on_from_the_labels(world: World) -> None:
    secret = world.secret("leaked/broken-off")
    world.home.kill_at = {"endLeaked"}
    broken = run("end leaked/broken-off --leaked --yes")
    assert broken.code == 1
    assert "the old credential is NOT ended: " in broken.out
    go_on = re.findall(
        r"then go on with `rotctl (end leaked/broken-off --leaked --version \S+)`", broken.out
    )
    world.home.kill_at = set()
    known = rotations(world, secret)
    shown = run(f"{go_on[0]} --yes --output json")
    assert shown.code == 0
    told = json.loads(shown.out)
    assert (told["proven"], told["rotated"], told["failure"]) == (True, None, None)
    assert f"--version {told['leaked_version']}" in go_on[0]
    assert rotations(world, secret) == known


def test_a_rotation_that_has_not_ended_is_attempted_first(world: World, tmp_path: Path) -> None:
    secret = world.secret("leaked/stuck")
    world.home.kill_at = {"setSecret"}
    assert world.rotate(secret) == "failed"
    stuck = world.describe(secret)["VersionIdsToStages"]
    world.home.kill_at = set()
    secret.change_password()
    file = tmp_path / "receipt.json"
    failed = run(f"end leaked/stuck --leaked --yes --receipt {file}")
    assert failed.code == 1
    assert "which had not ended and is attempted again" in failed.out
    assert "leaked/stuck: failed at setSecret, Rejected; check" in failed.out
    assert "the old credential is NOT ended; once mended, go on with `rotctl end" in failed.out
    receipt = json.loads(file.read_text())
    assert not receipt["proven"]
    assert receipt["failure"].startswith("leaked/stuck: failed at setSecret")
    secret.change_password(str(secret.target.document["password"]))
    known = rotations(world, secret)
    assert run("end leaked/stuck --leaked --yes").code == 0
    assert rotations(world, secret) == known + 1
    labels = world.describe(secret)["VersionIdsToStages"]
    (pending,) = [version for version, of in stuck.items() if "AWSPENDING" in of]
    assert labels[pending] == ["AWSCURRENT"]


def test_what_the_caller_or_the_function_cannot_is_told(world: World) -> None:
    secret = world.secret("leaked/denied")
    version = versions(world, secret.arn)["AWSCURRENT"][0]
    assert world.rotate(secret) == "succeeded"
    words = f"end leaked/denied --leaked --version {version} --yes"
    world.service.settings.refused = {"Invoke": "AccessDeniedException"}
    denied = run(words)
    assert denied.code == 1
    assert "ask for the right lambda:InvokeFunction; see" in denied.out
    world.service.settings.refused = {}
    with mock.patch.object(type(world.home), "invoke", return_value=None):
        older = run(words)
    assert older.code == 1
    assert "does not say what it did; deploy this release of it" in older.out
    unknown = run(f"end leaked/denied --leaked --version {uuid.uuid4()} --yes")
    assert unknown.code == 1
    assert "with a value; list its versions with" in unknown.out


def test_its_calls_are_those_that_the_page_has_rights_for(world: World) -> None:
    world.secret("leaked/rightful")
    made, call = set(), Aws.call

    def noted(aws: Aws, service: str, operation: str, **request: Any) -> Any:  # noqa: ANN401
        made.add(f"{service}:{''.join(map(str.capitalize, operation.split('_')))}")
        return call(aws, service, operation, **request)

    with mock.patch.object(Aws, "call", noted):
        assert run("end leaked/rightful --leaked --yes").code == 0
    allowed = set(re.findall(r'"(\w+:\w+)"', json.dumps(POLICY)))
    assert made - {"lambda:Invoke"} < allowed
    assert "lambda:InvokeFunction" in allowed  # which is what IAM calls Invoke
