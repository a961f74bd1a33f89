"""What every backend must do, through the real handlers; a backend is a subclass with a target.

One whose target is at the other end of a connection subclasses `RemoteSuite` of remote.py, and an
engine's strategies `DatabaseSuite` of database.py. Differences are attributes, never a name.
"""

import json
import uuid
from collections.abc import Callable
from itertools import pairwise

import pytest

from local.targets import Target
from shared.aws import store
from shared.errors import Busy, Rejected, WrongStage
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret
from tests.leaked import end_leaked

READS = {"GetSecretValue", "DescribeSecret", "ListSecretVersionIds"}
EXTRA = {"note": "✓ kept", "count": 3, "ratio": 0.1, "nested": {"b": [1, None, True]}, "": ""}


def told_of_the_old(written: str) -> str:
    """When the credential before ends, by the last finishSecret; empty where it does not say."""
    lines = [json.loads(line) for line in written.splitlines() if '"step done"' in line]
    finished = [line for line in lines if line["step"] == "finishSecret"]
    return str(finished[-1].get("old_credential", ""))


class RotationSuite:
    """Subclass it, give `target`, and the whole contract is tested.

    seamless: whether AWSCURRENT gets in at every
    moment, where that is not what the target's `overlaps` says; credential: the fields that
    change.
    """

    seamless = False
    credential = frozenset({"password", "api_key", "key_id"})

    @pytest.fixture
    def target(self) -> Target:
        raise NotImplementedError("a subclass gives the target")

    @pytest.fixture
    def secret(self, lab: Lab, target: Target) -> LabSecret:
        return lab.secret(target, **EXTRA)

    # --- a rotation ---

    def test_a_rotation_ends_with_a_new_credential_that_works(
        self, secret: LabSecret, output: Callable[[], str]
    ) -> None:
        before, first = secret.value(), secret.holder("AWSCURRENT")
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.holder("AWSCURRENT") == outcome.version_id
        assert secret.holder("AWSPREVIOUS") == first
        after = secret.value()
        changed = {key for key in before | after if before.get(key) != after.get(key)}
        assert changed
        assert changed <= self.credential
        assert secret.target.accepts(after)
        assert secret.target.accepts(before) is secret.target.overlaps
        # A whole rotation in one process tells when the old one ends, and tells the truth.
        said = told_of_the_old(output())
        assert said == "" or said.startswith("it ends" if secret.target.overlaps else "it was")

    def test_rotations_follow_each_other_and_what_is_older_is_refused(
        self, secret: LabSecret
    ) -> None:
        for _ in range(3):
            assert secret.rotate().state == "succeeded"
        expected = {secret.holder("AWSCURRENT")}
        if secret.target.overlaps:
            expected.add(secret.holder("AWSPREVIOUS"))
        assert secret.accepted_versions() == expected

    def test_unknown_keys_are_kept(self, secret: LabSecret) -> None:
        before = secret.value()
        secret.rotate()
        after = secret.value()
        assert {k: after[k] for k in EXTRA} == EXTRA
        assert list(after) == list(before)

    def test_a_stored_version_gets_in_after_every_step(self, secret: LabSecret) -> None:
        event = secret.begin()
        for step in Step:
            secret.step(event, step)
            assert secret.accepted_versions(), step
            if self.seamless or secret.target.overlaps:
                assert secret.holder("AWSCURRENT") in secret.accepted_versions()

    def test_the_credential_is_stored_before_the_target_changes(self, secret: LabSecret) -> None:
        event = secret.begin()
        secret.step(event, Step.CREATE)
        assert secret.target.accepts(secret.value())
        pending = secret.version(event["ClientRequestToken"])
        assert secret.target.accepts(pending) is not secret.target.installs

    def test_fact_11_finishsecret_leaves_awspending_for_the_service_to_take_off(
        self, secret: LabSecret
    ) -> None:
        event = secret.begin()
        secret.steps(event)
        assert secret.labels()[event["ClientRequestToken"]] == {"AWSCURRENT", "AWSPENDING"}
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert secret.labels()[outcome.version_id] == {"AWSCURRENT"}

    def test_fact_4_rotate_immediately_false_tests_and_changes_nothing(
        self, secret: LabSecret
    ) -> None:
        before, labels = secret.value(), secret.labels()
        outcome = secret.rotate(RotateImmediately=False)
        assert outcome.state == "succeeded", outcome.error
        assert [step.name for step in outcome.steps] == ["testSecret"]
        assert (secret.value(), secret.labels()) == (before, labels)
        assert secret.target.accepts(before)

    def test_fact_2_works_where_the_rotation_token_is_required(self, secret: LabSecret) -> None:
        secret.lab.service.settings.require_rotation_token = True
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error

    @pytest.mark.parametrize("stale_reads", [1, 3])
    def test_fact_13_stale_reads_are_waited_out(self, secret: LabSecret, stale_reads: int) -> None:
        secret.lab.service.settings.stale_reads = stale_reads
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error

    # --- again, at once, after a crash ---

    def test_every_step_may_run_twice(self, secret: LabSecret) -> None:
        event = secret.begin()
        for step in Step:
            secret.steps(event, step, step)
        assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
        assert secret.target.accepts(secret.value())

    def test_two_copies_of_every_step_at_once(self, secret: LabSecret) -> None:
        for _ in range(3):
            event = secret.begin()
            for step in Step:
                secret.twice_at_once(event, step)
            assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
            assert secret.target.accepts(secret.value())

    @pytest.mark.parametrize("last", list(Step))
    def test_a_retry_after_any_step_rolls_forward(self, secret: LabSecret, last: Step) -> None:
        event = secret.begin()
        done = list(Step)[: list(Step).index(last) + 1]
        secret.steps(event, *done)
        secret.steps(event)
        assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
        assert secret.target.accepts(secret.value())

    @pytest.mark.parametrize("last", [Step.CREATE, Step.SET, Step.TEST])
    def test_fact_7_giving_a_rotation_up_after_any_step_locks_nobody_out(
        self, secret: LabSecret, last: Step
    ) -> None:
        event = secret.begin()
        secret.steps(event, *list(Step)[: list(Step).index(last) + 1])
        secret.abandon(event)
        assert secret.accepted_versions()
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert outcome.version_id in secret.accepted_versions()
        assert event["ClientRequestToken"] not in secret.accepted_versions()

    def test_a_finished_rotation_is_left_alone(self, secret: LabSecret) -> None:
        event = secret.begin()
        secret.steps(event)
        before = secret.labels(), secret.value(), secret.accepted_versions()
        secret.steps(event)
        assert (secret.labels(), secret.value(), secret.accepted_versions()) == before

    # --- refusals ---

    @pytest.fixture
    def impatient(self, secret: LabSecret, monkeypatch: pytest.MonkeyPatch) -> LabSecret:
        """What is not there is not waited for: it never comes."""
        monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 0)
        return secret

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize("step", list(Step))
    def test_a_token_that_is_no_version_is_refused(self, secret: LabSecret, step: Step) -> None:
        event = {**secret.begin(), "ClientRequestToken": str(uuid.uuid4())}
        self.assert_step_refused(secret, event, step, WrongStage, "not labelled AWSPENDING")

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize("step", list(Step))
    def test_a_rotation_that_was_given_up_is_refused(self, secret: LabSecret, step: Step) -> None:
        event = secret.begin()
        secret.step(event, Step.CREATE)
        secret.lab.client.update_secret_version_stage(
            SecretId=secret.arn,
            VersionStage="AWSPENDING",
            RemoveFromVersionId=event["ClientRequestToken"],
        )
        self.assert_step_refused(secret, event, step, WrongStage, "not labelled AWSPENDING")

    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize("step", [Step.SET, Step.TEST, Step.FINISH])
    def test_a_step_before_createsecret_is_refused(self, secret: LabSecret, step: Step) -> None:
        self.assert_step_refused(secret, secret.begin(), step, Busy, "no value yet")

    def test_testsecret_refuses_what_was_not_installed(self, secret: LabSecret) -> None:
        event = secret.begin()
        secret.step(event, Step.CREATE)
        if secret.target.installs:
            self.assert_step_refused(secret, event, Step.TEST, Rejected, "AWSPENDING")
        else:
            secret.step(event, Step.TEST)

    @staticmethod
    def assert_step_refused(
        secret: LabSecret, event: dict[str, str], step: Step, kind: type[Exception], words: str
    ) -> None:
        """The step fails like this, and neither labels nor target change."""
        before = secret.labels(), secret.accepted_versions()
        with pytest.raises(kind, match=words):
            secret.step(event, step)
        assert (secret.labels(), secret.accepted_versions()) == before

    # --- diagnose ---

    def test_a_diagnosis_tells_what_is_wrong_and_changes_nothing(self, secret: LabSecret) -> None:
        service = secret.lab.service
        event = secret.begin()
        for step in (None, Step.CREATE, Step.SET):
            if step is not None:
                secret.step(event, step)
            before, calls = secret.accepted_versions(), len(service.calls)
            told = secret.diagnose()
            assert {call.operation for call in service.calls[calls:]} <= READS
            assert secret.accepted_versions() == before
            assert told.answer["complete"]
            for label in ("AWSCURRENT", "AWSPENDING"):
                if told.state_of_login(label) != "unknown":
                    is_live = secret.holder(label) in before
                    assert (told.state_of_login(label) == "ok") is is_live, (step, label)
        secret.steps(event, Step.TEST, Step.FINISH)
        assert "broken" not in {state for _, state, *_ in secret.diagnose().bad}
        good = secret.value()
        changed = self.credential - {"username", "key_id", "secret_key_id"}
        secret.store({**good, **{each: f"{good[each]}-not" for each in changed & good.keys()}})
        login = secret.diagnose().of("login", "AWSCURRENT")
        assert (login["state"] != "ok", login["code"]) == (True, "Rejected")

    # --- silence ---

    def test_no_value_of_any_version_is_in_the_output(
        self, secret: LabSecret, output: Callable[[], str]
    ) -> None:
        first = secret.begin()
        secret.steps(first, Step.CREATE, Step.SET)
        secret.abandon(first)
        second = secret.begin()
        secret.steps(second)
        with pytest.raises(WrongStage):
            secret.step(first, Step.TEST)
        shown = output()
        assert second["ClientRequestToken"] in shown  # so this is the functions' output
        kept_back = {*secret.values(), first["RotationToken"], second["RotationToken"]}
        found = [value for value in kept_back if value in shown]
        assert not found

    # --- a leak ---

    def test_what_has_leaked_is_refused_once_a_person_has_asked(
        self, secret: LabSecret, output: Callable[[], str]
    ) -> None:
        leaked = secret.holder("AWSCURRENT") or ""
        secret.rotate()
        answer = end_leaked(secret, leaked)
        assert answer["refused"]["proven"]
        assert secret.accepted_versions() == {secret.holder("AWSCURRENT")}
        told = output() + json.dumps(answer)
        assert leaked in told
        assert not [value for value in secret.values() if value in told]
        assert secret.rotate().state == "succeeded"

    def test_every_password_differs(self, secret: LabSecret) -> None:
        for _ in range(2):
            secret.rotate()
        assert all(a != b for a, b in pairwise(sorted(secret.values())))
        assert len(secret.values()) == 3
