"""Secrets Manager, the machine and a target in any order of events, held to what must always hold.

A rule is something that a person, the service, Lambda or the target may do at any time; hypothesis
searches for an order of rules that breaks an invariant, and shrinks it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from local.secrets_manager import SecretsManager
from local.secrets_manager.clock import SystemClock
from rotators.http_api_key.testing import IssuerTarget
from rotators.http_api_key.testing.issuers.faults import Faults
from shared.protocol.event import Step
from tests.faults.cases import CASES, RotationCase
from tests.faults.crashing_home import CrashingHome
from tests.faults.crashing_secret import CrashingSecret
from tests.faults.outages import end_outage, start_outage
from tests.faults.sandboxes import CallPoint, sandboxes
from tests.faults.state import assert_rotation_finished, lockout_problem
from tests.fixtures.evidence import Evidence
from tests.lab import Gate, Lab

DAY = 86_400.0
LONGEST = 25 * DAY
SHORT_WAIT = {"CONSISTENCY_SECONDS": "0.1"}
ANY_ORDER = (
    "PostgresSingleUser",
    "PostgresSingleUser by admin",
    "PostgresSingleUser short gap",
    "PostgresAlternatingUsers 17, next",
    "MySqlSingleUser MariaDB",
    "MySqlSingleUser MySQL, overlap until finish",
    "MySqlAlternatingUsers MariaDB, next",
)
ISSUED = RotationCase(
    "HttpApiKey",
    lambda request: IssuerTarget(request.getfixturevalue("demo_issuer")),
    seamless=True,
)


class JumpingClock(SystemClock):
    """The system's clock, put forward by `ahead` seconds."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


class AnyOrder(RuleBasedStateMachine):
    """One secret and the rules; `counted` is how often each rule applied, over all runs."""

    crashing: CrashingSecret
    clock: JumpingClock
    faults: Faults
    counted: dict[str, int]

    def __init__(self) -> None:
        super().__init__()
        self.events: list[dict[str, str]] = []
        self.tested: set[str] = set()
        self.refusing = self.moved = False

    def count(self, what: str) -> None:
        self.counted[what] = self.counted.get(what, 0) + 1

    @initialize()
    def secret(self) -> None:
        self.clock.ahead = 0.0
        self.crashing.replace_secret()

    # --- what the service and Lambda do ---

    @rule()
    def begin(self) -> None:
        try:
            self.events.append(self.crashing.secret.begin())
        except ClientError as refused:
            assert "previous rotation isn't complete" in str(refused)
        else:
            self.count("rotations begun")

    @precondition(lambda self: self.events)
    @rule(
        back=st.integers(0, 2), steps=st.lists(st.sampled_from(list(Step)), min_size=1, max_size=4)
    )
    def steps(self, back: int, steps: list[Step]) -> None:
        """Run steps of the newest rotation or an older one; in any order, repeated, or too late."""
        event = self.events[max(0, len(self.events) - 1 - back)]
        for step in steps:
            self.run_step(event, step)

    @precondition(lambda self: self.events)
    @rule()
    def finish(self) -> None:
        """Run the steps as the service does, up to the first that fails."""
        _ = all(self.run_step(self.events[-1], step) for step in Step)

    @precondition(lambda self: self.events)
    @rule(step=st.sampled_from(list(Step)), number=st.integers(0, 8), after=st.booleans())
    def crash(self, step: Step, number: int, after: bool) -> None:
        """Kill a rotation in this step, if the step makes as many calls."""
        for each in list(Step)[: list(Step).index(step)]:
            self.run_step(self.events[-1], each)
        self.run_step(self.events[-1], step, CallPoint(number, after))

    def run_step(self, event: dict[str, str], step: Step, point: CallPoint | None = None) -> bool:
        """Run the step, and return whether it succeeded; finishSecret only after testSecret did."""
        if step is Step.FINISH and event["ClientRequestToken"] not in self.tested:
            return False
        result = self.crashing.boxes.run_step(
            self.crashing.secret.target, {**event, "Step": step.value}, point
        )
        self.count(
            "killed" if result.killed else "steps refused" if result.error else "steps taken"
        )
        if result.error:
            assert result.error["type"] != "Unexpected", result.error["text"]
            assert result.error["text"], result.error["type"]  # only a RotationError's text is sent
        elif not result.killed and step is Step.TEST:
            self.tested.add(event["ClientRequestToken"])
        return not (result.error or result.killed)

    # --- what people do ---

    @precondition(lambda self: self.events)
    @rule()
    def abandon(self) -> None:
        self.crashing.secret.abandon(self.events[-1])
        self.count("rotations given up")

    @rule(
        label=st.sampled_from(["AWSCURRENT", "AWSPENDING"]),
        onto=st.sampled_from(["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"]),
    )
    def move_label(self, label: str, onto: str) -> None:
        """Move AWSCURRENT back to the version before, or AWSPENDING to any version."""
        secret = self.crashing.secret
        to = secret.holder(onto)
        if to in (None, secret.holder(label)):
            return
        try:
            secret.move_label(label, to)
        except ClientError:
            return  # a version without a value cannot be current
        self.moved |= label == "AWSCURRENT"
        self.count("labels moved")

    # --- what the target and the clock do ---

    @rule()
    def target_refuses_or_not(self) -> None:
        self.refusing = not self.refusing
        (start_outage if self.refusing else end_outage)(self.crashing.secret.target, self.faults)
        self.count("targets that fail or mend")

    @rule(days=st.sampled_from([0.5, 2.0, 9.0]))
    def clock_jumps(self, days: float) -> None:
        """Jump, but not so far that the schedule would begin a rotation during another rule."""
        if self.clock.ahead + days * DAY < LONGEST:
            self.clock.ahead += days * DAY
            self.count("clock jumps")

    # --- what always holds ---

    @invariant()
    def promised_logins_are_accepted(self) -> None:
        if not self.refusing:
            case = self.crashing.case
            # After a move of AWSCURRENT to an old version by hand, that version may be refused.
            assert (
                lockout_problem(
                    self.crashing.secret, RotationCase("", case.make) if self.moved else case
                )
                == ""
            )

    def move_back_to_an_accepted_key(self) -> None:
        """Do what the error advises where AWSCURRENT was moved to a key that had been revoked."""
        secret = self.crashing.secret
        if secret.target.accepts(secret.value()):
            return
        event, accepted_version = secret.begin(), secret.holder("AWSPREVIOUS")
        assert accepted_version
        result = self.crashing.boxes.run_step(secret.target, {**event, "Step": Step.CREATE.value})
        assert result.error
        assert "move AWSCURRENT to a version whose key is accepted" in result.error["text"]
        secret.abandon(event)
        secret.move_label("AWSCURRENT", accepted_version)

    def teardown(self) -> None:
        """Assert that after any order of rules the next rotation succeeds and finishes cleanly."""
        secret = self.crashing.secret
        end_outage(secret.target, self.faults)
        if holder := secret.holder("AWSPENDING"):
            secret.abandon({"ClientRequestToken": holder})
        if self.moved and self.crashing.case is ISSUED:
            self.move_back_to_an_accepted_key()
        event, previous = secret.begin(), secret.holder("AWSCURRENT")
        for step in Step:
            result = self.crashing.boxes.run_step(secret.target, {**event, "Step": step.value})
            assert result.error is None, result.error
        abandoned = [each["ClientRequestToken"] for each in self.events]
        if not self.moved:
            assert_rotation_finished(secret, event["ClientRequestToken"], previous, abandoned)
        assert secret.target.accepts(secret.value())


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def own_lab(running_lab: Lab, clock: JumpingClock, tmp_path: Path) -> Iterator[Lab]:
    """A separate service: a jump of the run's own would begin rotations of other tests."""
    gate = Gate(running_lab.gate.home)
    with (
        SecretsManager(gate, clock=clock, retries=0) as service,
        sandboxes(tmp_path / "functions.log", {**service.environment, **SHORT_WAIT}) as boxes,
    ):
        gate.home = CrashingHome(boxes)
        yield Lab(service, gate, running_lab.functions, service.client())


@pytest.mark.parametrize(
    "case", [*(case for case in CASES if case.name in ANY_ORDER), ISSUED], ids=str
)
def test_any_order(  # noqa: PLR0913 - fixtures
    case: RotationCase,
    own_lab: Lab,
    clock: JumpingClock,
    request: pytest.FixtureRequest,
    evidence: Evidence,
    *,
    thorough: bool,
) -> None:
    counts: dict[str, int] = {}
    home = own_lab.gate.home
    assert isinstance(home, CrashingHome)
    crashing_secret = CrashingSecret(case, own_lab, home, request)

    class Machine(AnyOrder):
        crashing = crashing_secret

    Machine.clock, Machine.counted = clock, counts
    Machine.faults = request.getfixturevalue("issuer_faults")
    examples = 300 if thorough else 5
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=15,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert counts["steps taken"]
    evidence("any-order", str(case), orders=examples, **dict(sorted(counts.items())))
