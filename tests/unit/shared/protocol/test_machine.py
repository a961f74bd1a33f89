"""The table is whole, and the machine does what it says for each row of it."""

from typing import Any

import pytest

from shared.protocol.event import Step
from shared.protocol.machine import ACTIONS, LOOKS, Rotation, Standing

R = Rotation
EXPECTED: dict[Standing, tuple[Any, Any, Any, Any]] = {
    Standing.NOWHERE: (R.refuse_stranger,) * 4,
    Standing.EMPTY: (R.create, R.refuse_empty, R.refuse_empty, R.refuse_empty),
    Standing.READY: (R.create, R.install, R.verify, R.finish),
    Standing.LIVE: (R.rest, R.rest, R.rest, R.settle),
}


@pytest.mark.parametrize("standing", list(Standing))
@pytest.mark.parametrize("step", list(Step))
def test_every_step_has_an_action_for_every_standing(step: Step, standing: Standing) -> None:
    assert ACTIONS[step, standing] is EXPECTED[standing][list(Step).index(step)]


def test_every_step_has_a_way_of_looking() -> None:
    assert set(LOOKS) == set(Step)
    assert len(ACTIONS) == len(Step) * len(Standing)
