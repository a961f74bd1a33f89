"""The table is whole, and the machine does what it says for each row of it."""

from typing import Any

import pytest

from shared.protocol.event import Step
from shared.protocol.machine import ACTIONS, Rotation
from shared.protocol.stages import LOOKS, VersionState

R = Rotation
EXPECTED: dict[VersionState, tuple[Any, Any, Any, Any]] = {
    VersionState.UNLABELLED: (R.refuse_stranger,) * 4,
    VersionState.EMPTY: (R.create, R.refuse_empty, R.refuse_empty, R.refuse_empty),
    VersionState.PENDING: (R.create, R.install, R.verify, R.finish),
    VersionState.CURRENT: (*(R.nothing_to_do,) * 3, R.end_old_credential),
}


@pytest.mark.parametrize("state", list(VersionState))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_an_action_for_every_state(step: Step, state: VersionState) -> None:
    assert ACTIONS[step, state] is EXPECTED[state][list(Step).index(step)]


def test_every_step_has_a_way_of_looking() -> None:
    assert set(LOOKS) == set(Step)
    assert len(ACTIONS) == len(Step) * len(VersionState)
