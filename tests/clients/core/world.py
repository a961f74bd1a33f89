"""A secret, a target and a clock in memory, for the rules of `attempt`: real ones are beside."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from rotating import Absent, RotatingError, Secret, Version
from rotating.verdicts import Verdicts

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"


class WrongError(Exception):
    """The target has rejected the password."""


def is_wrong(error: Exception) -> bool:
    return isinstance(error, WrongError)


def _moment(planned: tuple[float, Callable[[], None]]) -> float:
    return planned[0]


@dataclass
class World:
    """labels: the password of each; accepts: those that the target accepts; failing: of a read.

    at: what happens once the clock has come that far.
    """

    labels: dict[str, str]
    accepts: set[str]
    failing: dict[str, RotatingError] = field(default_factory=dict)
    now: float = 1000.0
    at: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    logins: list[tuple[float, str, bool]] = field(default_factory=list)
    date: datetime | None = None
    name: str = "app"

    def read(self, stage: str) -> Version:
        self.reads.append(stage)
        self.advance(0.001)
        if stage in self.failing:
            raise self.failing[stage]
        if stage not in self.labels:
            raise Absent(f"{stage} of the secret '{self.name}' cannot be read")
        password = self.labels[stage]
        return Version(self.name, f"id-of-{password[:8]}", text=password)

    def next_rotation(self) -> datetime | None:
        return self.date

    def log_in(self, version: Version) -> str:
        password = str(version.text)
        self.advance(0.001)
        accepted = password in self.accepts
        self.logins.append((self.now, password, accepted))
        if not accepted:
            raise WrongError("no")
        return password

    def use(self, secret: Secret) -> str:
        return secret.attempt(self.log_in, rejected=is_wrong)

    def rejected_within(self, seconds: float, of: str = "") -> int:
        """The most rejected logins in any span of so many seconds; all, or of one password."""
        moments = [at for at, password, good in self.logins if not good and of in ("", password)]
        return max(
            (sum(1 for each in moments if start <= each < start + seconds) for start in moments),
            default=0,
        )

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while due := sorted((each for each in self.at if each[0] <= until), key=_moment):
            self.now = max(self.now, due[0][0])
            self.at.remove(due[0])
            due[0][1]()
        self.now = until


def rotate(world: World, new: str, *, set_at: float, moved_at: float) -> None:
    """A single user's rotation: AWSPENDING now, the target at `set_at`, the label at `moved_at`."""
    world.labels[PENDING] = new

    def promote() -> None:
        world.labels[CURRENT] = world.labels.pop(PENDING)

    world.at.append((set_at, lambda: world.accepts.__init__({new})))  # type: ignore[misc]  # the same set
    world.at.append((moved_at, promote))


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], Secret]:
    """A Secret in a world, by the world's clock: where it would wait the world goes on."""

    def made(world: World) -> Secret:
        monkeypatch.setattr(time, "monotonic", lambda: world.now)
        monkeypatch.setattr(Verdicts, "wait", lambda _self, _news, seconds: world.advance(seconds))
        return Secret(world.name, source=world)

    return made
