"""The operations that a rotation meets, in any order, held to what must always be so.

A rule is what a person, the service or a function may do; hypothesis searches for an order that
breaks facts 5, 6, 10 or 11, and shrinks it.
"""

import itertools
from typing import TYPE_CHECKING

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

from local.secrets_manager import ManualClock, SecretsManager, ServiceEvent
from tests.fixtures.secrets_manager import (
    FUNCTION,
    STEPS,
    Event,
    Scripted,
    labels,
    listed,
    token,
)

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

DAY = 24 * 3600
NUMBERS = itertools.count(1)
# What goes wrong in a rotation: before a step, or at the end of finishSecret.
MISHAPS = [None, *STEPS, "after the move", "takes AWSPENDING off", "takes it off and fails"]


class AnyOrder(RuleBasedStateMachine):
    """One secret for each order.

    changes: how often a person has changed AWSCURRENT; offered: how often that had been when each
    version got AWSPENDING; promoted: the versions that finishSecret has made current.
    """

    service: SecretsManager
    client: "SecretsManagerClient"
    function: Scripted
    clock: ManualClock

    def __init__(self) -> None:
        super().__init__()
        self.changes = 0
        self.offered: dict[str, int] = {}
        self.promoted: list[str] = []
        self.mishap: str | None = None
        self.function.before = dict.fromkeys(STEPS, self.begin_step)
        self.function.finish = self.finish  # type: ignore[method-assign]

    @initialize(has_value=st.booleans())
    def create(self, *, has_value: bool) -> None:
        value = {"SecretString": "first", "ClientRequestToken": self.token()} if has_value else {}
        answer = self.client.create_secret(Name=f"any-order-{next(NUMBERS)}", **value)  # type: ignore[arg-type]
        self.secret = answer["ARN"]
        self.had_current = has_value

    @staticmethod
    def token() -> str:
        return token(next(NUMBERS))

    @property
    def labels(self) -> dict[str, str]:
        return labels(self.client, self.secret)

    @property
    def enabled(self) -> bool:
        return bool(self.client.describe_secret(SecretId=self.secret).get("RotationEnabled"))

    # --- what the function does ---

    def begin_step(self, event: Event) -> None:
        if event["Step"] == "createSecret":  # a scheduled rotation chose its version by itself
            self.offered.setdefault(event["ClientRequestToken"], self.changes)
        self.fail_if(event["Step"])

    def fail_if(self, *mishaps: str) -> None:
        """Fail if it is one of these; where the service tries again, only once."""
        if self.mishap in mishaps:
            failed = self.mishap
            self.mishap = None if self.service.settings.retries else failed
            raise RuntimeError(failed)

    def finish(self, event: Event, client: "SecretsManagerClient") -> None:
        version_id = event["ClientRequestToken"]
        if self.labels["AWSCURRENT"] != version_id:
            Scripted.finish(event, client)
            self.promoted.append(version_id)
            assert self.offered[version_id] == self.changes, "a person's change was undone"
        if self.mishap in ("takes AWSPENDING off", "takes it off and fails"):
            client.update_secret_version_stage(
                SecretId=self.secret, VersionStage="AWSPENDING", RemoveFromVersionId=version_id
            )
        self.fail_if("after the move", "takes it off and fails")

    # --- what the service does ---

    @rule(mishap=st.sampled_from(MISHAPS), immediately=st.sampled_from([True, True, False]))
    def rotate(self, mishap: str | None, *, immediately: bool) -> None:
        before, enabled, chosen = self.labels, self.enabled, self.token()
        self.mishap = mishap
        self.offered[chosen] = self.changes
        pending, current = before.get("AWSPENDING"), before.get("AWSCURRENT")
        # Fact 5; a secret without any value is free once its rotation was cancelled.
        blocked = pending not in (None, current) and (enabled or current is not None)
        try:
            self.client.rotate_secret(
                SecretId=self.secret,
                ClientRequestToken=chosen,
                RotationLambdaARN=FUNCTION,
                RotationRules={"AutomaticallyAfterDays": 1},
                RotateImmediately=immediately,
            )
        except ClientError as refused:
            assert blocked, refused
            assert "previous rotation isn't complete" in str(refused)
        else:
            assert not blocked
        self.wait_until_idle()
        if not blocked and not immediately:
            # A test keeps nothing: neither its version nor AWSPENDING (fact 4).
            before.pop("AWSPENDING", None)
            assert self.labels == before
        elif not blocked and (
            self.service.settings.retries or mishap in (None, "takes AWSPENDING off")
        ):
            assert self.labels["AWSCURRENT"] == chosen
            assert "AWSPENDING" not in self.labels

    @rule(mishap=st.sampled_from(MISHAPS))
    def window_opens(self, mishap: str | None) -> None:
        self.mishap = mishap
        begun = self.count_begun()
        self.clock.advance(2 * DAY)
        if self.enabled:
            self.service.wait_for(lambda: self.count_begun() > begun)
            self.wait_until_idle()

    def count_begun(self) -> int:
        return sum(event.name.endswith("Started") for event in self.events())

    def events(self) -> list[ServiceEvent]:
        return [event for event in self.service.events if event.secret_arn == self.secret]

    def wait_until_idle(self) -> None:
        self.service.wait_for(lambda: len(self.service.outcomes(self.secret)) == self.count_begun())

    # --- what people do ---

    @rule(update=st.booleans())
    def put(self, *, update: bool) -> None:
        act = self.client.update_secret if update else self.client.put_secret_value
        self.changes += 1
        act(SecretId=self.secret, SecretString="by hand", ClientRequestToken=self.token())

    @rule()
    def put_pending(self) -> None:
        chosen = self.token()
        self.client.put_secret_value(
            SecretId=self.secret,
            SecretString="pending",
            ClientRequestToken=chosen,
            VersionStages=["AWSPENDING"],
        )
        self.offered[chosen] = self.changes

    @precondition(lambda self: self.had_current)
    @rule(data=st.data(), label=st.sampled_from(["AWSCURRENT", "AWSPENDING"]))
    def move(self, data: st.DataObject, label: str) -> None:
        versions = listed(self.client, self.secret, IncludeDeprecated=True)
        to, holder = data.draw(st.sampled_from(sorted(versions))), self.labels.get(label)
        if to == holder:
            return
        self.client.update_secret_version_stage(
            SecretId=self.secret,
            VersionStage=label,
            MoveToVersionId=to,
            **({"RemoveFromVersionId": holder} if holder else {}),
        )
        if label == "AWSCURRENT":
            self.changes += 1
        else:
            self.offered[to] = self.changes

    @rule()
    def take_pending_off(self) -> None:
        if holder := self.labels.get("AWSPENDING"):
            self.client.update_secret_version_stage(
                SecretId=self.secret, VersionStage="AWSPENDING", RemoveFromVersionId=holder
            )

    @rule()
    def cancel(self) -> None:
        before = self.labels
        if "RotationEnabled" in self.client.describe_secret(SecretId=self.secret):
            self.client.cancel_rotate_secret(SecretId=self.secret)
        assert self.labels == before

    @rule()
    def delete_and_restore(self) -> None:
        before = self.labels
        self.client.delete_secret(SecretId=self.secret)
        self.client.restore_secret(SecretId=self.secret)
        assert self.labels == before

    # --- what is always so ---

    @invariant()
    def one_version_is_current_once_there_is_one(self) -> None:
        versions = listed(self.client, self.secret, IncludeDeprecated=True)
        current = [version for version, on_it in versions.items() if "AWSCURRENT" in on_it]
        self.had_current = self.had_current or bool(current)
        assert len(current) == self.had_current

    def teardown(self) -> None:
        """Whatever came before: the documented way out leads to a rotation that succeeds."""
        self.cancel()
        self.take_pending_off()
        self.rotate(None, immediately=True)
        self.cancel()  # the clock is every order's: no window of this one's shall open later


@pytest.mark.parametrize("retries", [0, 1])
def test_in_any_order(
    service: SecretsManager,
    client: "SecretsManagerClient",
    function: Scripted,
    clock: ManualClock,
    retries: int,
) -> None:
    service.settings.retries = retries

    class Machine(AnyOrder):
        pass

    Machine.service, Machine.client = service, client
    Machine.function, Machine.clock = function, clock
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=15,
            deadline=None,
            database=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
