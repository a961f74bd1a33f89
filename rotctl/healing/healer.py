"""Heals one secret: looks, judges, does the plan, and looks again until nothing is to be done."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from rotctl.aws import secrets, tags
from rotctl.aws.functions import Functions
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.healing.acts import Acts
from rotctl.healing.case import Case, Verdict
from rotctl.healing.credentials import live_versions
from rotctl.healing.plan import Act, Plan, planned
from rotctl.healing.verdict import judge
from rotctl.links.chain import Chain, look
from rotctl.state import labels


class Outcome(StrEnum):
    """How it ended."""

    HEALED = "healed"
    NOTHING = "nothing to do"
    WAIT = "it may still end by itself"
    PERSON = "a person has to do something first"
    DECLINED = "nothing was done"
    FAILED = "not healed"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome, and what was seen last."""

    outcome: Outcome
    chain: Chain
    verdict: Verdict

    @property
    def is_proved(self) -> bool:
        """Whether the target was seen to accept the version in use."""
        return self.chain.secret.labels.get(labels.CURRENT) in live_versions(self.chain)


@dataclass
class Healer:
    """agrees: whether a person lets this plan be done; tell: gets each line of what is done."""

    aws: Aws
    agrees: Callable[[Chain, Verdict, Plan], bool]
    tell: Callable[[str], None]
    limit: float
    reset: bool = False

    def heal(self, name: str) -> Result:
        """The end of it; raises Trouble where it cannot go on, and may then be run again."""
        done: list[tuple[Case, tuple[Act, ...]]] = []
        while True:
            # What was known of the function may be what was mended.
            functions = Functions(self.aws)
            chain = look(self.aws, functions, name)
            verdict = judge(chain)
            plan = planned(chain, verdict, reset=self.reset)
            if not plan.steps:
                return Result(self._ended(chain, verdict, bool(done)), chain, verdict)
            what = (verdict.case, tuple(step.act for step in plan.steps))
            if what in done:
                return Result(Outcome.FAILED, chain, verdict)
            if not self.agrees(chain, verdict, plan):
                return Result(Outcome.DECLINED, chain, verdict)
            done.append(what)
            acts = Acts(self.aws, functions, chain.standing, self.tell, self.limit)
            self._do(plan, chain, acts)

    def _do(self, plan: Plan, chain: Chain, acts: Acts) -> None:
        before: Secret | None = chain.secret
        for number, step in enumerate(plan.steps, 1):
            if before is not None:
                self.tell(f"step {number} of {len(plan.steps)}")
                before = acts.take(step, before)

    def _ended(self, chain: Chain, verdict: Verdict, done: bool) -> Outcome:  # noqa: FBT001 one of two
        if verdict.case.is_broken:
            return Outcome.PERSON
        if verdict.case is Case.ROTATING:
            return Outcome.WAIT
        left = self.reset and self._tag_taken_off(chain)
        return Outcome.HEALED if done or left else Outcome.NOTHING

    def _tag_taken_off(self, chain: Chain) -> bool:
        """A run that was killed leaves the tag; whether it was there."""
        reset = chain.answer.reset
        if reset is None or reset.tag not in secrets.described(self.aws, reset.admin).tags:
            return False
        self.tell(f"take the tag of an earlier run off {reset.admin} (UntagResource)")
        tags.take_off(self.aws, reset.admin, reset.tag)
        return True
