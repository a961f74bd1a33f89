"""Secrets Manager, the machine and a target in any order of events, held to what must always hold.

What a person, the service, Lambda or the target may do at any time are the rules; hypothesis looks
for an order of them that breaks something, and shrinks it.
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
from tests.faults.cases import CASES, Case
from tests.faults.crashing_home import Mortal
from tests.faults.crashing_secret import Patient
from tests.faults.outages import admit, refuse
from tests.faults.sandboxes import Point, sandboxes
from tests.faults.state import settled, way_in
from tests.fixtures.evidence import Evidence
from tests.lab import Gate, Lab

DAY = 86_400.0
LONGEST = 25 * DAY
PATIENCE = {"CONSISTENCY_SECONDS": "0.1"}
ANY_ORDER = (
    "PostgresSingleUser",
    "PostgresSingleUser by admin",
    "PostgresSingleUser short gap",
    "PostgresAlternatingUsers 17, next",
    "MySqlSingleUser MariaDB",
    "MySqlSingleUser MySQL, overlap until finish",
    "MySqlAlternatingUsers MariaDB, next",
)
ISSUED = Case(
    "HttpApiKey",
    lambda request: IssuerTarget(request.getfixturevalue("demo_issuer")),
    seamless=True,
)


class Jumping(SystemClock):
    """The machine's own clock, and what it jumped."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


class AnyOrder(RuleBasedStateMachine):
    """One secret; `counted` are the events of all runs."""

    patient: Patient
    clock: Jumping
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
        self.patient.begin_anew()

    # --- what the service and Lambda do ---

    @rule()
    def begin(self) -> None:
        try:
            self.events.append(self.patient.secret.begin())
        except ClientError as refused:
            assert "previous rotation isn't complete" in str(refused)
        else:
            self.count("rotations begun")

    @precondition(lambda self: self.events)
    @rule(
        back=st.integers(0, 2), steps=st.lists(st.sampled_from(list(Step)), min_size=1, max_size=4)
    )
    def steps(self, back: int, steps: list[Step]) -> None:
        """Of the newest rotation, or of one before it; in any order, again, or too late."""
        event = self.events[max(0, len(self.events) - 1 - back)]
        for step in steps:
            self.take(event, step)

    @precondition(lambda self: self.events)
    @rule()
    def finish(self) -> None:
        """As the service does: up to the first step that fails."""
        _ = all(self.take(self.events[-1], step) for step in Step)

    @precondition(lambda self: self.events)
    @rule(step=st.sampled_from(list(Step)), number=st.integers(0, 8), after=st.booleans())
    def crash(self, step: Step, number: int, after: bool) -> None:
        """A rotation that is killed on its way, if that step makes as many calls."""
        for each in list(Step)[: list(Step).index(step)]:
            self.take(self.events[-1], each)
        self.take(self.events[-1], step, Point(number, after))

    def take(self, event: dict[str, str], step: Step, point: Point | None = None) -> bool:
        """Whether it went well; finishSecret is asked for only after a testSecret that did."""
        if step is Step.FINISH and event["ClientRequestToken"] not in self.tested:
            return False
        taken = self.patient.boxes.take(
            self.patient.secret.target, {**event, "Step": step.value}, point
        )
        self.count("killed" if taken.killed else "steps refused" if taken.error else "steps taken")
        if taken.error:
            assert taken.error["type"] != "Unexpected", taken.error["text"]
            assert taken.error["text"], taken.error["type"]  # one of ours, and no other exception
        elif not taken.killed and step is Step.TEST:
            self.tested.add(event["ClientRequestToken"])
        return not (taken.error or taken.killed)

    # --- what people do ---

    @precondition(lambda self: self.events)
    @rule()
    def abandon(self) -> None:
        self.patient.secret.abandon(self.events[-1])
        self.count("rotations given up")

    @rule(
        label=st.sampled_from(["AWSCURRENT", "AWSPENDING"]),
        onto=st.sampled_from(["AWSCURRENT", "AWSPREVIOUS", "AWSPENDING"]),
    )
    def move_label(self, label: str, onto: str) -> None:
        """AWSCURRENT back to the version before, or AWSPENDING onto any."""
        secret = self.patient.secret
        to = secret.holder(onto)
        if to in (None, secret.holder(label)):
            return
        try:
            secret.move_label(label, to)
        except ClientError:
            return  # a version without a value cannot be current
        self.moved |= label == "AWSCURRENT"
        self.count("labels moved")

    # --- what the world does ---

    @rule()
    def target_refuses_or_not(self) -> None:
        self.refusing = not self.refusing
        (refuse if self.refusing else admit)(self.patient.secret.target, self.faults)
        self.count("targets that fail or mend")

    @rule(days=st.sampled_from([0.5, 2.0, 9.0]))
    def clock_jumps(self, days: float) -> None:
        """Not to where the schedule begins a rotation by itself, in the middle of another rule."""
        if self.clock.ahead + days * DAY < LONGEST:
            self.clock.ahead += days * DAY
            self.count("clock jumps")

    # --- what always holds ---

    @invariant()
    def somebody_gets_in(self) -> None:
        if not self.refusing:
            case = self.patient.case
            # Whoever moves AWSCURRENT to an old version by hand may find that it is refused.
            assert way_in(self.patient.secret, Case("", case.make) if self.moved else case) == ""

    def back_to_a_live_key(self) -> None:
        """What a person does, as the rotation says, who made a key current that had ended."""
        secret = self.patient.secret
        if secret.target.accepts(secret.value()):
            return
        event, live = secret.begin(), secret.holder("AWSPREVIOUS")
        assert live
        taken = self.patient.boxes.take(secret.target, {**event, "Step": Step.CREATE.value})
        assert taken.error
        assert "move AWSCURRENT to a version whose key is live" in taken.error["text"]
        secret.abandon(event)
        secret.move_label("AWSCURRENT", live)

    def teardown(self) -> None:
        """Whatever happened: the next rotation goes through, and leaves all as it should be."""
        secret = self.patient.secret
        admit(secret.target, self.faults)
        if holder := secret.holder("AWSPENDING"):
            secret.abandon({"ClientRequestToken": holder})
        if self.moved and self.patient.case is ISSUED:
            self.back_to_a_live_key()
        event, previous = secret.begin(), secret.holder("AWSCURRENT")
        for step in Step:
            taken = self.patient.boxes.take(secret.target, {**event, "Step": step.value})
            assert taken.error is None, taken.error
        given_up = [each["ClientRequestToken"] for each in self.events]
        if not self.moved:
            settled(secret, event["ClientRequestToken"], previous, given_up)
        assert secret.target.accepts(secret.value())


@pytest.fixture
def clock() -> Jumping:
    return Jumping()


@pytest.fixture
def own_lab(running_lab: Lab, clock: Jumping, tmp_path: Path) -> Iterator[Lab]:
    """A service of its own: on the run's, a clock that jumps would begin others' rotations."""
    gate = Gate(running_lab.gate.home)
    with (
        SecretsManager(gate, clock=clock, retries=0) as service,
        sandboxes(tmp_path / "functions.log", {**service.environment, **PATIENCE}) as boxes,
    ):
        gate.home = Mortal(boxes)
        yield Lab(service, gate, running_lab.functions, service.client())


@pytest.mark.parametrize(
    "case", [*(case for case in CASES if case.name in ANY_ORDER), ISSUED], ids=str
)
def test_any_order(  # noqa: PLR0913 - what it is made of
    case: Case,
    own_lab: Lab,
    clock: Jumping,
    request: pytest.FixtureRequest,
    evidence: Evidence,
    *,
    thorough: bool,
) -> None:
    counts: dict[str, int] = {}
    home = own_lab.gate.home
    assert isinstance(home, Mortal)
    admitted = Patient(case, own_lab, home, request)

    class Machine(AnyOrder):
        patient = admitted

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
