"""Labels: how they move (facts 9-11)."""

from local.verify.expect import equal, refused
from local.verify.probe import CURRENT, PENDING, PREVIOUS, Probe, Secret, new_id
from local.verify.registry import rule


def _move(probe: Probe, secret: Secret, label: str, **versions: str) -> None:
    answer = probe.move(secret, label, **versions)
    equal("its answer", (answer["ARN"], answer["Name"]), (secret.arn, secret.name))


@rule(9)
def a_put_takes_awspending_from_whichever_version_had_it(probe: Probe) -> None:
    """PutSecretValue with AWSPENDING takes it from the version that had it."""
    secret = probe.secret()
    probe.put(secret, "pending", PENDING)
    second = probe.put(secret, "pending again", PENDING)
    probe.see_labels(secret, {secret.version: [CURRENT], second: [PENDING]})


@rule(9)
def a_put_takes_any_label_and_leaves_awscurrent(probe: Probe) -> None:
    """PutSecretValue with labels of one's own moves these, and AWSCURRENT stays."""
    secret = probe.secret()
    first = probe.put(secret, "one", "ONE", "TWO")
    second = probe.put(secret, "two", "TWO")
    probe.see_labels(secret, {secret.version: [CURRENT], first: ["ONE"], second: ["TWO"]})


@rule(9)
def the_answer_of_a_put_has_its_labels(probe: Probe) -> None:
    """PutSecretValue answers with the version's id and labels."""
    secret, version = probe.secret(), new_id()
    answer = probe.client.put_secret_value(
        SecretId=secret.arn,
        ClientRequestToken=version,
        SecretString="labelled",
        VersionStages=["ONE", PENDING],
    )
    equal("the version", answer["VersionId"], version)
    equal("the labels", sorted(answer["VersionStages"]), sorted(["ONE", PENDING]))


@rule(10)
def awscurrent_moves_from_its_version_and_awsprevious_follows(probe: Probe) -> None:
    """AWSCURRENT moves with RemoveFromVersionId, and AWSPREVIOUS comes to where it was."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", "NEXT")
    _move(probe, secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    probe.see_labels(secret, {pending: [CURRENT, "NEXT"], secret.version: [PREVIOUS]})
    answer = probe.client.get_secret_value(SecretId=secret.arn)
    equal("the current value", answer["SecretString"], "pending")


@rule(10)
def moving_back_swaps_awscurrent_and_awsprevious(probe: Probe) -> None:
    """Moving AWSCURRENT back to the version with AWSPREVIOUS swaps the two."""
    secret = probe.secret()
    second = probe.put(secret, "second")
    _move(probe, secret, CURRENT, MoveToVersionId=secret.version, RemoveFromVersionId=second)
    probe.see_labels(secret, {secret.version: [CURRENT], second: [PREVIOUS]})


@rule(10, assumed=True)
def awscurrent_does_not_move_without_the_version_that_has_it(probe: Probe) -> None:
    """Without RemoveFromVersionId the move is InvalidParameterException, and changes nothing."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    with refused("InvalidParameterException"):
        _move(probe, secret, CURRENT, MoveToVersionId=pending)
    probe.see_labels(secret, {secret.version: [CURRENT], pending: [PENDING]})


@rule(10, assumed=True)
def awscurrent_does_not_move_from_another_version(probe: Probe) -> None:
    """With another RemoveFromVersionId it is InvalidParameterException, and changes nothing."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    with refused("InvalidParameterException"):
        _move(probe, secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=pending)
    probe.see_labels(secret, {secret.version: [CURRENT], pending: [PENDING]})


@rule(10, assumed=True)
def awscurrent_is_never_just_removed(probe: Probe) -> None:
    """AWSCURRENT without a version to move to is refused, and stays."""
    secret = probe.secret()
    with refused(""):
        _move(probe, secret, CURRENT, RemoveFromVersionId=secret.version)
    probe.see_labels(secret, {secret.version: [CURRENT]})


@rule(10)
def a_label_of_ones_own_is_put_on_moved_and_taken_off(probe: Probe) -> None:
    """UpdateSecretVersionStage puts a label on, moves it and takes it off."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    _move(probe, secret, "MINE", MoveToVersionId=secret.version)
    probe.see_labels(secret, {secret.version: [CURRENT, "MINE"], pending: [PENDING]})
    _move(probe, secret, "MINE", MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    probe.see_labels(secret, {secret.version: [CURRENT], pending: [PENDING, "MINE"]})
    _move(probe, secret, "MINE", RemoveFromVersionId=pending)
    probe.see_labels(secret, {secret.version: [CURRENT], pending: [PENDING]})


@rule(11)
def the_move_leaves_awspending_where_it_is(probe: Probe) -> None:
    """Moving AWSCURRENT onto the version with AWSPENDING leaves AWSPENDING there."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    _move(probe, secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    probe.see_labels(secret, {pending: [CURRENT, PENDING], secret.version: [PREVIOUS]})


@rule(11)
def a_put_of_a_new_current_drops_awspending_from_the_version_it_leaves(probe: Probe) -> None:
    """A put that takes AWSCURRENT from a version takes AWSPENDING off it as well."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    _move(probe, secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    third = probe.put(secret, "third")
    probe.see_labels(secret, {third: [CURRENT], pending: [PREVIOUS]})


@rule(11, assumed=True)
def a_move_by_hand_drops_awspending_as_a_put_does(probe: Probe) -> None:
    """Moving AWSCURRENT away from a version takes AWSPENDING off it as well."""
    secret = probe.secret()
    pending = probe.put(secret, "pending", PENDING)
    _move(probe, secret, CURRENT, MoveToVersionId=pending, RemoveFromVersionId=secret.version)
    third = probe.put(secret, "third", "THIRD")
    _move(probe, secret, CURRENT, MoveToVersionId=third, RemoveFromVersionId=pending)
    probe.see_labels(secret, {third: [CURRENT, "THIRD"], pending: [PREVIOUS]})


@rule(11)
def updatesecret_with_a_value_makes_a_new_current_version(probe: Probe) -> None:
    """UpdateSecret with a value makes a version with AWSCURRENT, and AWSPREVIOUS follows."""
    secret = probe.secret()
    answer = probe.client.update_secret(SecretId=secret.arn, SecretString="updated")
    probe.see_labels(secret, {answer["VersionId"]: [CURRENT], secret.version: [PREVIOUS]})
