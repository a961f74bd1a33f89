"""A rotation that is not over: refused, abandoned, cancelled, and what comes after (facts 5-7)."""

from local.verify.expect import equal, holds, refused
from local.verify.notes import PLAIN
from local.verify.probe import CURRENT, PENDING, PREVIOUS, Probe
from local.verify.registry import rule

STUCK = {**PLAIN, "setSecret": ["fail"]}
INCOMPLETE = "A previous rotation isn't complete. That rotation will be reattempted."


@rule(5)
def awspending_elsewhere_refuses_another_rotation(probe: Probe) -> None:
    """RotateSecret is refused while AWSPENDING is on another version than AWSCURRENT."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    with refused("InvalidRequestException", INCOMPLETE):
        probe.rotate(secret)
    probe.see_labels(secret, {secret.version: [CURRENT], pending: [PENDING]})


@rule(5)
def awspending_beside_awscurrent_is_no_obstacle(probe: Probe) -> None:
    """RotateSecret is accepted while AWSPENDING is on the version that has AWSCURRENT."""
    secret = probe.rotating()
    both = probe.put(secret, "both", CURRENT, PENDING)
    probe.see_labels(secret, {both: [CURRENT, PENDING], secret.version: [PREVIOUS]})
    version = probe.rotate(secret)
    probe.see_rotated(secret, version)
    probe.see_labels(secret, {version: [CURRENT], both: [PREVIOUS]})


@rule(5, assumed=True)
def a_cancelled_rotation_of_a_secret_without_a_value_does_not_block(probe: Probe) -> None:
    """After CancelRotateSecret of a secret without a value, RotateSecret is accepted."""
    secret = probe.rotating({"createSecret": ["fail"]}, None)
    probe.rotate(secret)
    probe.notes(secret, 1)
    probe.client.cancel_rotate_secret(SecretId=secret.arn)
    version = probe.rotate(secret)
    probe.see_labels(secret, {version: [PENDING]})


@rule(6)
def a_value_put_by_hand_abandons_the_rotation(probe: Probe) -> None:
    """A new AWSCURRENT put during a rotation takes AWSPENDING off the rotation's version."""
    secret = probe.rotating(STUCK)
    probe.rotate(secret)
    probe.notes(secret, 2)
    by_hand = probe.put(secret, "by-hand")
    probe.until(
        "the labels",
        lambda: probe.labels(secret),
        lambda seen: seen == {by_hand: [CURRENT], secret.version: [PREVIOUS]},
        within=probe.place.patience.rotation,
        wanted=f"{PENDING} on no version",
    )
    probe.rotate(secret)


@rule(6, assumed=True)
def a_move_by_hand_abandons_the_rotation_too(probe: Probe) -> None:
    """Moving AWSCURRENT by hand to another version takes AWSPENDING off the rotation's."""
    secret = probe.rotating(STUCK)
    other = probe.put(secret, "other", "OTHER")
    probe.rotate(secret)
    probe.notes(secret, 2)
    probe.move(secret, CURRENT, MoveToVersionId=other, RemoveFromVersionId=secret.version)
    probe.until(
        "the labels",
        lambda: probe.labels(secret),
        lambda seen: seen == {other: [CURRENT, "OTHER"], secret.version: [PREVIOUS]},
        within=probe.place.patience.rotation,
        wanted=f"{PENDING} on no version",
    )


@rule(6, assumed=True)
def after_cancel_a_put_by_hand_leaves_awspending(probe: Probe) -> None:
    """After CancelRotateSecret nothing is abandoned: a put by hand leaves AWSPENDING."""
    secret = probe.rotating(STUCK)
    version = probe.rotate(secret)
    probe.notes(secret, 2)
    probe.client.cancel_rotate_secret(SecretId=secret.arn)
    by_hand = probe.put(secret, "by-hand")
    probe.see_labels(secret, {by_hand: [CURRENT], secret.version: [PREVIOUS], version: [PENDING]})


@rule(7)
def cancel_leaves_awspending_and_turns_rotation_off(probe: Probe) -> None:
    """CancelRotateSecret leaves AWSPENDING where it is, and RotationEnabled is false."""
    secret = probe.rotating(STUCK)
    version = probe.rotate(secret)
    probe.notes(secret, 2)
    answer = probe.client.cancel_rotate_secret(SecretId=secret.arn)
    equal("the version that it names", answer.get("VersionId"), version)
    probe.see_labels(secret, {secret.version: [CURRENT], version: [PENDING]})
    described = probe.client.describe_secret(SecretId=secret.arn)
    holds("RotationEnabled is not false", not described["RotationEnabled"])


@rule(7)
def after_cancel_and_taking_awspending_off_it_rotates_again(probe: Probe) -> None:
    """CancelRotateSecret, AWSPENDING taken off, and RotateSecret is accepted and succeeds."""
    secret = probe.rotating(STUCK)
    stuck = probe.rotate(secret)
    probe.notes(secret, 2)
    probe.client.cancel_rotate_secret(SecretId=secret.arn)
    probe.move(secret, PENDING, RemoveFromVersionId=stuck)
    probe.rotating_from_now_on(secret)
    version = probe.rotate(secret)
    probe.see_rotated(secret, version)
    probe.see_labels(secret, {version: [CURRENT], secret.version: [PREVIOUS]})


@rule(7)
def a_version_without_a_label_is_listed_as_deprecated_only(probe: Probe) -> None:
    """ListSecretVersionIds has a version without a label only with IncludeDeprecated."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    probe.move(secret, PENDING, RemoveFromVersionId=pending)
    usual = probe.client.list_secret_version_ids(SecretId=secret.arn)["Versions"]
    equal("the versions", [each["VersionId"] for each in usual], [secret.version])
    every = probe.client.list_secret_version_ids(SecretId=secret.arn, IncludeDeprecated=True)
    labels = {each["VersionId"]: each.get("VersionStages") for each in every["Versions"]}
    equal("all versions", labels, {secret.version: [CURRENT], pending: None})


@rule(7, assumed=True)
def a_version_without_a_label_can_be_read_by_its_id(probe: Probe) -> None:
    """GetSecretValue reads a version without a label by its id."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    probe.move(secret, PENDING, RemoveFromVersionId=pending)
    answer = probe.client.get_secret_value(SecretId=secret.arn, VersionId=pending)
    equal("its value", answer["SecretString"], "pending")


@rule(7)
def there_is_nothing_to_cancel_where_rotation_was_never_configured(probe: Probe) -> None:
    """CancelRotateSecret of a secret without a function is InvalidRequestException."""
    secret = probe.secret()
    with refused("InvalidRequestException"):
        probe.client.cancel_rotate_secret(SecretId=secret.arn)
