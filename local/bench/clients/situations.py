"""What happens while clients hammer: rotations alone, or with something that goes wrong."""

import time
from collections.abc import Callable, Mapping
from itertools import cycle, islice

from local.bench.clients.front import Trouble
from local.bench.clients.stage import Stage, die

ROTATIONS = "rotations"
# AWS attempts a rotation again that has failed; here as long after, so that it fits a run.
RETRY_SECONDS = 3.0
DOWN_SECONDS = 4.0
REWOUND_SECONDS = 2.0


def rotations(stage: Stage) -> None:
    """Nothing else."""
    for _ in range(stage.rounds):
        stage.rotate()


def killed(stage: Stage) -> None:
    """The function dies at the end of a step; the rotation is attempted again later."""
    settings = stage.service.settings
    settings.retries, settings.retry_delay = 1, RETRY_SECONDS
    for step in islice(cycle(stage.kills), stage.rounds):
        stage.home.after[step] = die
        stage.rotate()
    settings.retries = 0


def abandoned(stage: Stage) -> None:
    """It dies at the end of setSecret, is not attempted again, and another rotation begins."""
    for _ in range(stage.rounds):
        stage.home.after[stage.kills[0]] = die
        stage.try_to_rotate()
        time.sleep(stage.service.settings.step_pause)
        stage.client.cancel_rotate_secret(SecretId=stage.arn)
        stage.move("AWSPENDING")
        time.sleep(stage.service.settings.step_pause)
        stage.rotate()


def throttled(stage: Stage) -> None:
    """Every second call to AWS is."""
    stage.front.trouble = Trouble.THROTTLED
    for _ in range(stage.rounds):
        stage.rotate()


def down(stage: Stage) -> None:
    """AWS answers no client from the end of a step on, and for a while after the rotation."""
    for step, trouble in islice(
        cycle(zip(stage.kills, (Trouble.REFUSED, Trouble.HANGING) * 2, strict=False)), stage.rounds
    ):
        stage.home.after[step] = lambda trouble=trouble: setattr(stage.front, "trouble", trouble)  # type: ignore[misc]
        stage.rotate()
        time.sleep(DOWN_SECONDS)
        stage.front.trouble = Trouble.NONE
        time.sleep(stage.service.settings.step_pause)


def rewound(stage: Stage) -> None:
    """AWSCURRENT is moved back by hand; the next rotation puts it right."""
    for _ in range(stage.rounds):
        stage.move("AWSCURRENT", stage.holder("AWSPREVIOUS"))
        time.sleep(REWOUND_SECONDS)
        stage.rotate()


def denied(stage: Stage) -> None:
    """Clients may not read AWSPENDING."""
    stage.front.trouble = Trouble.DENIED
    for _ in range(stage.rounds):
        stage.rotate()


# The last one leaves clients that ask for AWSPENDING no more.
SITUATIONS: Mapping[str, Callable[[Stage], None]] = {
    ROTATIONS: rotations,
    "killed": killed,
    "killed, then another": abandoned,
    "AWS throttles": throttled,
    "AWS down": down,
    "rewound by hand": rewound,
    "AWSPENDING denied": denied,
}
