"""A rotation: how it is begun, what the function is given, what is there in the end (facts 1-4)."""

from local.verify.expect import equal, holds, refused
from local.verify.notes import PLAIN
from local.verify.probe import CURRENT, FIRST, PENDING, PREVIOUS, Probe, new_id
from local.verify.registry import rule

STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
ABSENT = "AWSSecretsManagerHasNoSuchFunction"


@rule(1)
def a_rotation_runs_four_steps_and_moves_awscurrent(probe: Probe) -> None:
    """RotateSecret has the function run four steps in order, and AWSCURRENT ends on its version."""
    secret, version = probe.rotating(), new_id()
    answer = probe.client.rotate_secret(
        SecretId=secret.name, ClientRequestToken=version, RotationLambdaARN=probe.function
    )
    equal("its answer", (answer["ARN"], answer["VersionId"]), (secret.arn, version))
    probe.see_rotated(secret, version)
    equal("the steps", [note.step for note in probe.notes(secret, 4)], STEPS)
    probe.see_labels(secret, {version: [CURRENT], secret.version: [PREVIOUS]})


@rule(1)
def the_new_version_is_labelled_and_has_no_value_at_first(probe: Probe) -> None:
    """When createSecret begins, the version is labelled AWSPENDING and has no value."""
    secret = probe.rotating({**PLAIN, "createSecret": ["try-see put see"]})
    version = probe.rotate(secret)
    (note,) = probe.notes(secret, 1)
    equal("the version", note.version, version)
    equal("reads before and after the put", note.words[2:], (
        "try-see:ResourceNotFoundException", "put:ok", "see:ok",
    ))  # fmt: skip
    probe.see_rotated(secret, version)


@rule(1)
def a_function_that_cannot_be_invoked_is_refused_and_nothing_changes(probe: Probe) -> None:
    """RotateSecret refuses a function that it cannot invoke, and the secret stays as it is."""
    secret = probe.secret()
    account = secret.arn.split(":")[4]
    absent = f"arn:aws:lambda:{probe.place.region}:{account}:function:{ABSENT}"
    with refused("AccessDeniedException", "cannot invoke the specified Lambda function"):
        probe.client.rotate_secret(
            SecretId=secret.arn,
            RotationLambdaARN=absent,
            RotationRules={"AutomaticallyAfterDays": 1},
        )
    described = probe.client.describe_secret(SecretId=secret.arn)
    equal("what it says of rotation", [key for key in described if "Rotat" in key], [])
    probe.see_labels(secret, {secret.version: [CURRENT]})


@rule(1)
def without_a_function_there_is_no_rotation(probe: Probe) -> None:
    """RotateSecret without a function, of a secret that has none, is InvalidRequestException."""
    secret = probe.secret()
    with refused("InvalidRequestException"):
        probe.client.rotate_secret(SecretId=secret.arn)


@rule(2)
def the_event_has_four_keys_and_the_whole_arn(probe: Probe) -> None:
    """Each step's event has Step, SecretId (an ARN), ClientRequestToken and RotationToken."""
    secret = probe.rotating()
    version = probe.rotate(secret)
    keys = "keys:ClientRequestToken+RotationToken+SecretId+Step"
    for note in probe.notes(secret, 4):
        equal(f"what came with {note.step}", note.words[:2], (keys, "id:arn"))
        equal(f"the version of {note.step}", note.version, version)
    probe.see_rotated(secret, version)


@rule(2)
def within_an_account_a_put_may_leave_the_rotation_token_out(probe: Probe) -> None:
    """Within one account, PutSecretValue succeeds without the RotationToken."""
    secret = probe.rotating({**PLAIN, "createSecret": ["put-bare"]})
    probe.see_rotated(secret, probe.rotate(secret))


@rule(2, assumed=True)
def a_wrong_rotation_token_is_refused(probe: Probe) -> None:
    """PutSecretValue with another RotationToken is refused."""
    secret = probe.rotating({**PLAIN, "createSecret": ["try-put-wrong put"]})
    version = probe.rotate(secret)
    (note,) = probe.notes(secret, 1)
    holds(f"the put ended as {note.words[2]}", note.words[2].endswith("Exception"))
    probe.see_rotated(secret, version)


@rule(3)
def a_failed_step_ends_the_attempt_and_the_whole_rotation_is_attempted_again(probe: Probe) -> None:
    """After a step that fails, the rotation is attempted again from createSecret, as before."""
    secret = probe.rotating({**PLAIN, "setSecret": ["fail", ""]})
    version = probe.rotate(secret)
    notes = probe.notes(secret, 6, attempts=2)
    equal("the steps", [note.step for note in notes], [*STEPS[:2], *STEPS])
    equal("their versions", {note.version for note in notes}, {version})
    probe.see_rotated(secret, version)


@rule(3, assumed=True)
def a_finish_that_moves_nothing_has_failed(probe: Probe) -> None:
    """A finishSecret that returns, and has not moved AWSCURRENT, is attempted again."""
    secret = probe.rotating({**PLAIN, "finishSecret": ["", "move"]})
    version = probe.rotate(secret)
    notes = probe.notes(secret, 8, attempts=2)
    equal("the steps", [note.step for note in notes], STEPS * 2)
    probe.see_rotated(secret, version)


@rule(4)
def without_rotating_at_once_only_testsecret_runs_on_a_copy(probe: Probe) -> None:
    """RotateImmediately=false runs testSecret alone, on a copy of the value; then the copy goes."""
    secret = probe.rotating({"testSecret": ["same"]})
    probe.rotate(secret, RotateImmediately=False)
    (note,) = probe.notes(secret, 1)
    equal("the step", (note.step, note.words[2:]), ("testSecret", ("same:yes",)))
    within = probe.place.patience.rotation
    left = probe.until(
        "the labels",
        lambda: probe.labels(secret),
        lambda seen: PENDING not in str(seen),
        within=within,
        wanted=f"none with {PENDING}",
    )
    equal("the labels after it", left, {secret.version: [CURRENT]})
    with refused("ResourceNotFoundException"):
        probe.client.get_secret_value(SecretId=secret.arn, VersionId=note.version)
    equal("the value", probe.client.get_secret_value(SecretId=secret.arn)["SecretString"], FIRST)
