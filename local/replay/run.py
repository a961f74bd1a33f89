"""Sends events to a function, against a secret that stands where they say."""

import re
import time
from dataclasses import dataclass
from pathlib import Path

from local.demo.witness import Scene, Witness
from local.replay.request import Event
from local.secrets_manager import Call, Step
from local.secrets_manager.adoption import name_in_full
from local.secrets_manager.attempt import invoke
from local.system import System
from local.targets import Target

# The emulator writes into the same file; the rest is the function's own.
_EMULATORS = re.compile(
    r"(START|END|REPORT) RequestId: |\d\d \w{3} \d{4} [\d:,]+ \[\w+\] \(rapid\) "
)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One step: what was seen around it, the function's API calls, and its log lines."""

    scene: Scene
    calls: tuple[Call, ...]
    log: tuple[str, ...]

    @property
    def failed(self) -> bool:
        """Whether the service would see a failure."""
        return self.scene.step.outcome == "failed"


class Replay:
    """The rotation that `event` is of, at its start, with a new secret of the target."""

    def __init__(self, running: System, target: Target, event: Event) -> None:
        self._service = running.service
        self._function = target.function
        self._log = running.logs / f"{target.function}.log"
        client = running.service.client()
        target.seed(client, name_in_full(event["SecretId"]))
        running.service.adopt(event, target.function)
        self.witness = Witness(
            client, target, event["SecretId"], event["ClientRequestToken"], lambda _: None
        )

    def step(self, event: Event) -> Replayed:
        """Run the function with exactly this event, once, to its end."""
        unsubscribe = self._service.subscribe(self.witness.see)
        try:
            step = _begun(event)
            self.witness.see(step)
            calls, logged = len(self._service.calls), _size(self._log)
            ended = invoke(self._service.home, self._function, step, event)
            made = self._service.calls[calls:]
            self.witness.see(ended)
        finally:
            unsubscribe()
        return Replayed(self.witness.scenes[-1], made, _lines(self._log, logged))


def _begun(event: Event) -> Step:
    return Step(event["SecretId"], event["ClientRequestToken"], 1, event["Step"], time.time())


def _size(log: Path) -> int:
    return log.stat().st_size if log.exists() else 0


def _lines(log: Path, beyond: int) -> tuple[str, ...]:
    """The function's own lines after so many bytes, none if its home keeps no log here."""
    if not log.exists():
        return ()
    written = log.read_bytes()[beyond:].decode(errors="replace").splitlines()
    return tuple(line for line in written if line.strip() and not _EMULATORS.match(line))
