"""A run: one strategy after the other, its clients in processes of their own."""

import os
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from local import template
from local.bench.availability import silenced
from local.bench.clients.crowd import Found, crowd
from local.bench.clients.faces import faces_of
from local.bench.clients.front import Front, Trouble, front
from local.bench.clients.situations import ROTATIONS, SITUATIONS
from local.bench.clients.stage import Disturbed, Stage
from local.bench.clients.strategies import STRATEGIES, Strategy, where
from local.bench.clients.tally import Tally
from local.bench.clients.worker import RIVALLING, Task
from local.functions.home import InProcess
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.targets import Place

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """rotations: of each strategy; faults: of each other situation; pause: seconds between steps.

    threads: of ours, shared by the faces of a strategy.
    """

    rotations: int = 50
    faults: int = 3
    pause: float = 0.3
    threads: int = 8
    situations: Sequence[str] = tuple(SITUATIONS)


@dataclass(frozen=True, slots=True)
class Figures:
    """What all calls came to: by face, then by situation and contender; rivals have no face."""

    strategy: Strategy
    seconds: float
    found: Found

    def of(self, face: str, situation: str, who: str) -> Tally:
        """A contender's."""
        return self.found[face].get((situation, who), Tally())

    @property
    def faces(self) -> list[str]:
        """Those of ours."""
        return [each for each in self.found if each != RIVALLING]


@dataclass(frozen=True, slots=True)
class Bench:
    """What all strategies run on."""

    service: SecretsManager
    front: Front
    place: Place
    authority: Authority

    @contextmanager
    def staged(self, name: str, wanted: Wanted) -> Iterator[Stage]:
        """The strategy's target, and its clients, which have all been let in."""
        strategy = STRATEGIES[name]
        target = strategy.target(self.place)
        handler = template.handler(target.function, target.settings)
        home = Disturbed(InProcess({target.function: handler}, timeout=60))
        self.service.home = home
        self.service.settings.step_pause = wanted.pause
        client = self.service.client()
        arn = target.seed(client, f"bench/{uuid.uuid4()}")
        self.front.trouble = Trouble.NONE
        at = where(target, arn, self.front.environment)
        faces = faces_of(at.engine)
        share = max(wanted.threads // len(faces), 1)
        tasks = [Task(at, face, share) for face in faces]
        with crowd([*tasks, Task(at, RIVALLING, 1)]) as clients:
            clients.wait("start")
            yield Stage(
                self.service, home, self.front, client, target, arn, clients, strategy.kills
            )


@contextmanager
def opened(say: Say) -> Iterator[Bench]:
    """Run it; what the functions write goes to a file that nobody keeps."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rotation-bench-")))
        folder.chmod(0o755)  # the servers run as another account
        authority = Authority(folder / "ca")
        stack.enter_context(silenced(folder / "functions.log"))
        service = stack.enter_context(SecretsManager(retries=0))
        # In this process the functions' environment is this process's own.
        os.environ.update(
            service.environment,
            TLS_CA_BUNDLE=str(write_bundle(authority, folder)),
            ALLOW_PRIVATE_ISSUERS="true",  # the issuer is on this machine
        )
        made = stack.enter_context(front(service))
        yield Bench(service, made, Place(folder, authority, stack, say), authority)


def measure(bench: Bench, names: Iterable[str], wanted: Wanted, say: Say) -> Iterator[Figures]:
    """Each strategy's figures."""
    for name in names:
        began = time.monotonic()
        with bench.staged(name, wanted) as stage:
            for situation in wanted.situations:
                say(f"{name}: {situation}")
                _in(stage, situation, wanted)
            found = stage.crowd.stop()
        yield Figures(STRATEGIES[name], time.monotonic() - began, found)


def _in(stage: Stage, situation: str, wanted: Wanted) -> None:
    """All of a situation, until every contender gets in again."""
    plain = situation == ROTATIONS
    rounds = wanted.rotations if plain else wanted.faults
    stage.crowd.enter(situation, restless=not plain)
    SITUATIONS[situation](replace(stage, rounds=rounds, situation=situation))
    stage.front.trouble = Trouble.NONE
    after = f"after {situation}"
    stage.crowd.enter(after)
    stage.crowd.wait(after)
