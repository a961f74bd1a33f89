"""One secret to which a function is attached: what is about to be done, and what becomes of it."""

import uuid
from dataclasses import dataclass

from rotctl.aws import secrets
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state.attachable import Attachable, check
from rotctl.state.fleet import Report, Result
from rotctl.state.following import End, Ending, Follower, Watched
from rotctl.state.windows import Choice
from rotctl.trouble import Denied, Trouble

# Of a schedule that Secrets Manager does not take.
_INVALID = ("InvalidParameterException", "ValidationException")


@dataclass(frozen=True, slots=True)
class Attaching:
    """How a run goes: the function, the rules of each secret, and whether they are a person's own.

    follower: None to wait for no test's end.
    """

    aws: Aws
    to: Attachable
    rules: Choice
    are_own: bool
    follower: Follower | None

    def words(self, secret: Secret) -> str:
        """What is about to be done."""
        if self.is_attached(secret):
            has = f"is attached, with the schedule {secret.schedule}"
            return f"{secret.name}: {self.to.function.name} {has}; its test runs once more"
        before = f", in place of {secret.schedule}" if secret.enabled and secret.schedule else ""
        rules = self.rules(secret.name).words()
        return f"{secret.name}: {self.to.function.name}, {rules}{before}"

    def is_attached(self, secret: Secret) -> bool:
        """Whether nothing is to be changed: only the test tells whether the function works."""
        return secret.enabled and secret.function == self.to.arn and not self.are_own

    def left_alone(self, secret: Secret) -> Report | None:
        """The report of one of many to which it cannot be attached."""
        try:
            check(secret, self.to)
        except Trouble as trouble:
            return Report(secret, Result.KEPT, str(trouble))
        return None

    def attach(self, listed: Secret) -> Report:
        """Switch rotation on and have testSecret run, which rotates nothing; raises Trouble."""
        # As it is now: the list may be minutes old.
        secret = secrets.described(self.aws, listed.arn)
        check(secret, self.to)
        version, now = str(uuid.uuid4()), self.aws.now
        if self.is_attached(secret):
            secrets.rotate(self.aws, secret, version, test=True)
        else:
            self._switch_on(secret, version)
        if self.follower is None:
            return Report(secret, Result.BEGUN, version=version)
        ending = self.follower.follow(Watched(secret, self.to.function, version, now, test=True))
        return self._report(secret, version, ending)

    def _switch_on(self, secret: Secret, version: str) -> None:
        rules = self.rules(secret.name)
        try:
            secrets.attach(self.aws, secret, version, self.to.arn, rules.request())
        except Denied as denied:
            if self.to.permission.statements is not None:
                raise
            see = f"`aws lambda get-policy --function-name {self.to.arn}`"
            do = f"{denied.do}; or Secrets Manager may not invoke the function: see {see}"
            raise Denied(denied.what, do=do, code=denied.code) from None
        except Trouble as trouble:
            if trouble.code not in _INVALID:
                raise
            raise Trouble(
                f"Secrets Manager refused {secret.name!r} with {rules.words()} ({trouble.code})",
                do="check --schedule, --window and --function",
            ) from None

    def _report(self, secret: Secret, version: str, ending: Ending) -> Report:
        seen = ending.progress
        if ending.end is End.DONE and self.is_attached(secret):
            why = f"with the schedule {secret.schedule}, and its test passed"
            return Report(secret, Result.SAME, why, version)
        if ending.end is End.DONE:
            after = secrets.described(self.aws, secret.arn)
            by = f" by {after.next:%Y-%m-%d %H:%M} UTC" if after.next else ""
            why = "its test passed, and nothing was rotated"
            then = f"Secrets Manager rotates it{by}; `rotctl rotate {secret.name}` does it now"
            return Report(secret, Result.ATTACHED, f"{why}; {then}", version)
        off = f"`aws secretsmanager cancel-rotate-secret --secret-id {secret.name}`"
        result = Result.OPEN if ending.end is End.UNFINISHED else Result.FAILED
        why = seen.message or "no line of the function says how its test ended"
        then = f"mend that and `rotctl try {secret.name}`, or take its schedule off with {off}"
        return Report(secret, result, f"{why}; {then}", version, seen)
