"""The table: each state is made, named in one line, mended, and proved by a login."""

import re
from typing import Any

import pytest

from local.servers import Server
from rotctl.healing.case import Case
from tests.rotctl.healing.states import STATES, Stuck
from tests.rotctl.world import Rotated, World, later, run


@pytest.fixture(autouse=True)
def _strict(world: World, strict_server: Server) -> None:
    world.strict = strict_server


@pytest.mark.parametrize("name", STATES)
def test_a_stuck_rotation_is_named_in_one_line_and_mended(world: World, name: str) -> None:
    stuck = STATES[name]
    secret = stuck.make(world, "stuck/" + re.sub(r"\W+", "-", name))
    before = world.describe(secret)
    with later(hours=1):  # what was killed is given up for dead
        said = told(secret, stuck)
        if stuck.mend is not None:
            refused = run(f"heal {secret.name}", typed="n\n")
            assert refused.code == 1
            assert said in refused.out
            assert world.describe(secret) == before
            stuck.mend(world, secret, said)
        healed = run(f"heal {secret.name} --yes {stuck.options}")
        assert healed.code == 0, healed.out + healed.err
        proved(world, secret)
        after = world.describe(secret)
        assert after["RotationRules"] == before["RotationRules"]
        if stuck.case is Case.POISONED:
            given_up = labels_of(before)["AWSPENDING"]
            assert labels_of(after)["AWSCURRENT"] not in {given_up, labels_of(before)["AWSCURRENT"]}
    shown = said + healed.out + healed.err
    assert not [value for value in world.values() if value in shown]


def labels_of(described: dict[str, Any]) -> dict[str, str]:
    stages = described["VersionIdsToStages"].items()
    return {label: version for version, each in stages for label in each}


def told(secret: Rotated, stuck: Stuck) -> str:
    """The line that diagnose says of it."""
    shown = run(f"diagnose {secret.name} --output json")
    diagnosis: dict[str, Any] = shown.document()
    assert diagnosis["case"] == stuck.case
    assert shown.code == stuck.case.is_broken
    line = f"{secret.name}: {diagnosis['words']}; {diagnosis['do']}"
    assert "\n" not in line
    assert re.search(stuck.says, line), line
    return line


def proved(world: World, secret: Rotated) -> None:
    """The server accepts AWSCURRENT, no rotation hangs, and rotation is on."""
    assert secret.target.accepts(world.value(secret))
    described = world.describe(secret)
    assert described["RotationEnabled"]
    assert ["AWSPENDING"] not in described["VersionIdsToStages"].values()
