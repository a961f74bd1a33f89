"""Whose keys end, when, and which are refused; the advice of a refusal is followed."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from local.targets import beyond
from rotators.iam.smtp import smtp_password
from rotators.iam.testing import Iam, IamTarget, accounts, faults
from rotators.iam.testing.front import ROLE_MAY
from shared.errors import Busy, Forbidden, Rejected, RotationError, TargetMismatch
from shared.protocol.event import Step
from shared.secret import Secret
from tests.deploy.rights.iam import actions
from tests.deploy.stack.deployed import deploy
from tests.lab import Lab, LabSecret


def fails(secret: LabSecret, kind: type[RotationError], words: str) -> RotationError:
    """createSecret is refused, and neither the user nor the secret is changed."""
    assert isinstance(secret.target, IamTarget)
    name = secret.target.user
    event = secret.begin()
    before = accounts.keys(name), secret.labels()
    with pytest.raises(kind, match=words) as caught:
        secret.step(event, Step.CREATE)
    assert (accounts.keys(name), secret.labels()) == before
    secret.abandon(event)
    return caught.value


# --- the old key ---


def test_the_old_key_is_deleted_as_the_next_rotation_begins(
    secret: LabSecret, target: IamTarget
) -> None:
    first = str(target.document["access_key_id"])
    secret.rotate()
    assert accounts.keys(target.user)[first] == "Active"
    secret.rotate()
    assert first not in accounts.keys(target.user)
    assert set(accounts.keys(target.user).values()) == {"Active"}


def test_on_finish_it_is_made_inactive_and_deleted_by_the_next_rotation(lab: Lab, iam: Iam) -> None:
    target = IamTarget(iam, OLD_KEY_ENDS="on-finish")
    secret = lab.secret(target)
    first = str(target.document["access_key_id"])
    secret.rotate()
    assert accounts.keys(target.user)[first] == "Inactive"
    second = secret.value()["access_key_id"]
    assert secret.rotate().state == "succeeded"
    assert first not in accounts.keys(target.user)
    assert accounts.keys(target.user)[second] == "Inactive"


def test_a_finish_that_comes_again_deletes_nothing(lab: Lab, iam: Iam) -> None:
    target = IamTarget(iam, OLD_KEY_ENDS="on-finish")
    secret = lab.secret(target)
    first = str(target.document["access_key_id"])
    event = secret.begin()
    secret.steps(event)
    for _ in range(2):
        secret.step(event, Step.FINISH)
        assert accounts.keys(target.user)[first] == "Inactive"


def used_long_after(secret: LabSecret) -> str:
    """The older key was used just now, though it was replaced three hours ago; its id."""
    secret.rotate()
    old = str(secret.value("AWSPREVIOUS")["access_key_id"])
    assert isinstance(secret.target, IamTarget)
    secret.date_back(timedelta(hours=3))
    accounts.date_back(secret.target.user, timedelta(hours=3))
    accounts.use(old, datetime.now(UTC))
    return old


def test_a_key_in_use_elsewhere_is_not_deleted_while_the_time_lasts(secret: LabSecret) -> None:
    old = used_long_after(secret)
    error = fails(secret, Busy, f"still in use: key {old}, last used at")
    assert "set OldCredentialInUse of the stack" in error.do
    accounts.use(old, datetime.now(UTC) - timedelta(days=2))
    assert secret.rotate().state == "succeeded"


def test_nor_where_the_secret_was_stored_again_since(secret: LabSecret) -> None:
    """A person has added a field: the keys are as old as they were."""
    old = used_long_after(secret)
    secret.store({**secret.value(), "team": "payments"})
    fails(secret, Busy, f"still in use: key {old}, last used at")


def test_after_the_time_it_is_deleted_all_the_same(
    secret: LabSecret, target: IamTarget, output: Callable[[], str]
) -> None:
    old = used_long_after(secret)
    secret.date_back(timedelta(days=38))  # seven days after it was due
    assert secret.rotate().state == "succeeded"
    assert old not in accounts.keys(target.user)
    assert "still in use" in output()


def test_as_advised_warn_deletes_it_at_once(lab: Lab, iam: Iam, output: Callable[[], str]) -> None:
    target = IamTarget(iam, OLD_CREDENTIAL_IN_USE="warn")
    secret = lab.secret(target)
    old = used_long_after(secret)
    assert secret.rotate().state == "succeeded"
    assert old not in accounts.keys(target.user)
    assert f"still in use: key {old}" in output()


# --- keys that are not ours ---


def test_a_second_key_that_is_not_this_secrets_is_named_and_kept(
    secret: LabSecret, target: IamTarget
) -> None:
    stranger, _ = accounts.make_key(target.user)
    error = fails(secret, TargetMismatch, f"allows 2 keys.*{stranger}")
    assert error.do == "delete one that nobody uses at the issuer, and rotate again"
    assert [each[:2] for each in secret.diagnose().bad] == [("strategy", "broken")]
    accounts.backend().delete_access_key(stranger, target.user)
    assert secret.rotate().state == "succeeded"


def test_a_key_that_is_kept_for_its_time_is_named_with_that(lab: Lab, iam: Iam) -> None:
    target = IamTarget(iam, OLD_KEY_ENDS="after:7d")
    secret = lab.secret(target)
    secret.rotate()
    old = str(secret.value("AWSPREVIOUS")["access_key_id"])
    error = fails(secret, TargetMismatch, f"{old}, which OLD_KEY_ENDS keeps until 20")
    assert error.do == "wait until then, or let OLD_KEY_ENDS be earlier, and rotate again"
    accounts.use(old, datetime.now(UTC) - timedelta(days=8))
    accounts.date_back(target.user, timedelta(days=8))
    secret.date_back(timedelta(days=8))
    assert secret.rotate().state == "succeeded"


def test_a_key_that_a_custom_label_holds_is_named_with_that(
    secret: LabSecret, target: IamTarget
) -> None:
    secret.rotate()
    held = {"SecretId": secret.arn, "VersionStage": "KEPT"}
    version = str(secret.holder("AWSPREVIOUS"))
    secret.lab.client.update_secret_version_stage(**held, MoveToVersionId=version)
    old = str(secret.value("AWSPREVIOUS")["access_key_id"])
    error = fails(secret, TargetMismatch, f"{old}, which a version with a custom")
    assert error.do.startswith("take the custom label off that version")
    secret.lab.client.update_secret_version_stage(**held, RemoveFromVersionId=version)
    assert secret.rotate().state == "succeeded"
    assert old not in accounts.keys(target.user)


def test_a_user_has_one_secret(lab: Lab, secret: LabSecret, target: IamTarget) -> None:
    secret.rotate()
    value = secret.value()
    other = lab.secret(target)
    other.store(value)
    accounts.backend().delete_access_key(target.document["access_key_id"], target.user)
    key_id = value["access_key_id"]
    error = fails(other, TargetMismatch, f"key {key_id} of user .* is another secret's")
    assert f"take the tag {key_id} off the user" in error.do
    accounts.backend().untag_user(target.user, [key_id])
    assert other.rotate().state == "succeeded"


def test_an_inactive_key_has_no_successor(secret: LabSecret, target: IamTarget) -> None:
    for _ in range(2):  # made by hand, and by a rotation
        key_id = secret.value()["access_key_id"]
        accounts.backend().update_access_key(target.user, key_id, "Inactive")
        event = secret.begin()
        with pytest.raises((TargetMismatch, Rejected), match="inactive"):
            secret.step(event, Step.CREATE)
        secret.abandon(event)
        accounts.backend().update_access_key(target.user, key_id, "Active")
        assert secret.rotate().state == "succeeded"


# --- whoever may write the secret ---


def test_a_user_of_whom_the_secret_has_no_key_gets_none(
    lab: Lab, secret: LabSecret, iam: Iam
) -> None:
    victim = IamTarget(iam)
    lab.secret(victim).rotate()  # so that its keys have labels
    before = accounts.keys(victim.user)
    own = secret.value()
    for stolen in (
        {"username": victim.user},
        {"username": victim.user, "access_key_id": victim.document["access_key_id"]},
        {"access_key_id": victim.document["access_key_id"]},
    ):
        secret.store({**own, **stolen})
        event = secret.begin()
        with pytest.raises((TargetMismatch, Rejected)):
            secret.step(event, Step.CREATE)
        secret.abandon(event)
        assert accounts.keys(victim.user) == before
    secret.store(own)
    assert secret.rotate().state == "succeeded"


def test_a_key_of_another_user_fails_the_test_when_the_function_is_attached(
    secret: LabSecret, iam: Iam
) -> None:
    other = IamTarget(iam)
    secret.store({**other.document, "username": secret.value()["username"]})
    outcome = secret.rotate(RotateImmediately=False)
    assert outcome.state != "succeeded"
    assert f"but of '{other.user}'" in str(outcome.error)


def test_a_key_of_another_account_is_refused(lab: Lab, iam: Iam) -> None:
    secret = lab.secret(IamTarget(iam, AWS_ACCOUNT_ID="999999999999"))
    outcome = secret.rotate(RotateImmediately=False)
    assert "in account 123456789012" in str(outcome.error)


def test_a_user_outside_of_the_path_is_forbidden_by_name(
    secret: LabSecret, target: IamTarget
) -> None:
    accounts.backend().users[target.user].path = "/others/"
    error = fails(secret, Forbidden, f"iam:ListAccessKeys for user '{target.user}'")
    assert "IamUserPrefixes" in error.do
    accounts.backend().users[target.user].path = "/rotation/"
    assert secret.rotate().state == "succeeded"


def test_a_user_who_is_not_there(secret: LabSecret) -> None:
    secret.store({**secret.value(), "username": "nobody-here"})
    event = secret.begin()
    with pytest.raises(Forbidden, match="iam:ListAccessKeys for user 'nobody-here'") as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.do.startswith("check that 'username' is that of a user who is there")


def test_iam_is_asked_what_the_role_may_and_all_of_that(secret: LabSecret, iam: Iam) -> None:
    with beyond(iam.log) as heard:
        for _ in range(2):
            assert secret.rotate().state == "succeeded"
        asked = {line.split()[0] for line in heard().splitlines()}
    assert asked - {"GetCallerIdentity"} == ROLE_MAY
    allowed = actions(deploy(), "IamAccessKey")
    assert {each for each in allowed if each.startswith("iam:")} == {f"iam:{a}" for a in ROLE_MAY}


# --- tags ---


def test_the_users_tags_are_those_of_the_keys_it_has(secret: LabSecret, target: IamTarget) -> None:
    for _ in range(4):
        assert secret.rotate().state == "succeeded"
    assert accounts.tags(target.user).keys() == {*accounts.keys(target.user), "secret-rotation"}
    for key_id, label in accounts.tags(target.user).items():
        assert label.startswith("secret test/"), key_id
        assert len(label) <= 256


def test_a_description_that_a_person_gave_a_key_stays(secret: LabSecret, target: IamTarget) -> None:
    first = str(target.document["access_key_id"])
    accounts.backend().tag_user(target.user, [{"Key": first, "Value": "the mail server"}])
    secret.rotate()
    assert accounts.tags(target.user)[first] == "the mail server"
    assert secret.rotate().state == "succeeded"
    assert first not in accounts.keys(target.user)


def test_without_the_right_to_tag_no_key_is_made(secret: LabSecret, iam: Iam) -> None:
    iam.faults.next("TagUser", faults.refused("AccessDenied", 403))
    fails(secret, Forbidden, "iam:TagUser")


# --- Amazon SES ---


def test_the_smtp_password_goes_along(lab: Lab, target: IamTarget) -> None:
    names = {"ses_smtp_region": "eu-central-1", "ses_smtp_password": None}
    secret = lab.secret(target, **names, ses_smtp_username="")
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        value = secret.value()
        expected = smtp_password(Secret(value["secret_access_key"]), "eu-central-1")
        assert value["ses_smtp_password"] == expected.reveal()
        assert value["ses_smtp_username"] == value["access_key_id"]
        assert value["ses_smtp_region"] == "eu-central-1"


def test_fields_of_other_names_stay_as_they_are(lab: Lab, target: IamTarget) -> None:
    own = {"access_key_id": "AWS_ACCESS_KEY_ID", "secret_access_key": "AWS_SECRET_ACCESS_KEY"}
    usual = target.document
    document = {own.get(name, name): value for name, value in usual.items()}
    target.document = {**document, "rotation": {"fields": own}}
    secret = lab.secret(target)
    assert secret.rotate().state == "succeeded"
    value = secret.value()
    assert json.loads(json.dumps(value)).keys() == {*document, "rotation"}
    assert target.accepts({name: value[own.get(name, name)] for name in usual})
