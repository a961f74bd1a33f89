"""`rotctl end --leaked`: one of every strategy, on real targets, and what stands in its way."""

import json
import re
import stat
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local.targets import Target
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from tests.issuers.described import BESIDE, EXAMPLES, SLOTS, target_of
from tests.lab import CONFIDENTIAL
from tests.leaked import is_open
from tests.rotctl.world import World, run

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
