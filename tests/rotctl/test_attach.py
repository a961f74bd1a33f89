"""A function attached to secrets of a real database: what is checked, tested, and never rotated."""

import re
import shlex
from datetime import UTC
from typing import Any

import botocore.session
import pytest

from rotctl.state import windows
from tests.rotctl.world import Rotated, World, run

DENIED = "AccessDeniedException"
FUNCTION = "--function PostgresSingleUser"


def aws(world: World, command: str) -> Any:  # noqa: ANN401 the API's own
    """What a message has in backquotes, run as told."""
    _aws, service, operation, *given = shlex.split(command)
    session = botocore.session.Session()
    session.set_credentials("local", "local")
    client = session.create_client(service, "us-east-1", endpoint_url=world.service.endpoint)
    named = {
        "".join(map(str.capitalize, option.removeprefix("--").split("-"))): value
        for option, value in zip(given[::2], given[1::2], strict=True)
    }
    return getattr(client, operation.replace("-", "_"))(**named)


def rules(world: World, secret: Rotated) -> object:
    return world.describe(secret).get("RotationRules")


def test_one_is_attached_and_tested_in_its_own_window_and_not_rotated(world: World) -> None:
    secret = world.seed("new/db")
    before = world.describe(secret)
    shown = run(f"attach new/db {FUNCTION}", typed="n\n")
    assert shown.code == 1
    own = windows.choice("", "", "")("new/db")
    assert shown.out.strip() == f"new/db: PostgresSingleUser, {own.words()}"
    assert world.describe(secret) == before
    shown = run(f"attach new/db {FUNCTION}", typed="y\n")
    assert shown.code == 0, shown.err
    after = world.describe(secret)
    assert after["RotationLambdaARN"] == world.service.function_arn("PostgresSingleUser")
    assert after["RotationRules"] == own.request()
    assert after["VersionIdsToStages"] == before["VersionIdsToStages"]
    assert "LastRotatedDate" not in after
    assert "  testSecret done\n" in shown.out
    assert "new/db: attached: its test passed, and nothing was rotated; Secrets" in shown.out
    due = after["NextRotationDate"].astimezone(UTC)
    assert f"rotates it by {due:%Y-%m-%d %H:%M} UTC; `rotctl rotate new/db` does it" in shown.out
    again = run(f"attach new/db {FUNCTION}")
    assert (again.code, again.err) == (0, "")
    assert "  testSecret done\n" in again.out
    same = f"new/db: attached already: with the schedule {own.expression}, and its test passed\n"
    assert again.out.endswith(same)
    assert rules(world, secret) == own.request()
    changed = run(
        f"attach new/db {FUNCTION} --schedule 'rate(30 days)' --window 3h --yes --no-wait"
    )
    assert changed.code == 0
    assert f"rate(30 days) for 3h, in place of {own.expression}\n" in changed.out
    assert rules(world, secret) == {"ScheduleExpression": "rate(30 days)", "Duration": "3h"}
    world.service.wait_for(lambda: len(world.service.outcomes(secret.arn)) == 3)
    assert all(value not in shown.out + shown.err for value in world.values())


@pytest.mark.parametrize("stack", ["", "--stack other"])
@pytest.mark.parametrize("is_arn", [True, False])
def test_a_function_is_found_by_arn_by_name_and_by_the_stacks_name_of_it(
    world: World, *, is_arn: bool, stack: str
) -> None:
    if not world.has("named"):
        world.secret("named")
    name = world.service.function_arn("PostgresSingleUser") if is_arn else "PostgresSingleUser"
    calls = len(world.service.calls)
    assert "\nnamed: attached already" in run(f"attach named --function {name} {stack}").out
    made = [call.operation for call in world.service.calls[calls:]]
    by_name = [] if is_arn else ["GetParameter", *(["GetFunctionConfiguration"] if stack else [])]
    before = [*by_name, "GetFunctionConfiguration", "GetPolicy", "DescribeSecret"]
    assert made[: made.index("RotateSecret")] == [*before, "DescribeSecret"]


def test_a_test_that_fails_says_why_and_how_to_take_the_schedule_off(world: World) -> None:
    secret = world.seed("wrong")
    secret.change_password()
    shown = run(f"attach wrong {FUNCTION} --yes")
    assert shown.code == 1
    last = shown.out.splitlines()[-1]
    assert re.match("wrong: failed: testSecret: .*; mend that and `rotctl try wrong`, or", last)
    assert "LastRotatedDate" not in world.describe(secret)
    # Run again, it is attached, and works no better.
    kept = rules(world, secret)
    again = run(f"attach wrong {FUNCTION}")
    assert (again.code, again.out.splitlines()[-1]) == (1, last)
    assert rules(world, secret) == kept
    (take_off,) = re.findall("`(aws .*?)`", last)
    aws(world, take_off)
    assert world.describe(secret)["RotationEnabled"] is False
    secret.change_password(str(secret.target.document["password"]))
    assert run(f"attach wrong {FUNCTION} --yes").code == 0
    # And the other advice, with the schedule left on.
    secret.change_password()
    assert run("try wrong").code == 1
    secret.change_password(str(secret.target.document["password"]))
    assert run("try wrong").code == 0


def test_what_cannot_be_attached_is_refused_before_anything_is_changed(world: World) -> None:
    client = world.service.client()
    for name in ("dead", "stays", "copied", "hung"):
        client.create_secret(Name=name, SecretString="{}")
    client.delete_secret(SecretId="dead", RecoveryWindowInDays=7)
    client.put_secret_value(SecretId="hung", SecretString="{ }", VersionStages=["AWSPENDING"])
    client.replicate_secret_to_regions(
        SecretId="copied", AddReplicaRegions=[{"Region": "eu-west-1"}]
    )
    world.secret("taken", "Removed")
    names = ("dead", "stays", "copied", "hung", "taken")
    before = [client.describe_secret(SecretId=name) for name in names]
    for words, why in (
        (f"dead {FUNCTION}", "'dead' is scheduled for deletion; keep it: `aws"),
        (f"taken {FUNCTION}", "rotation of 'taken' is on already, with arn:aws:lambda:us-"),
        (f"hung {FUNCTION}", "a rotation of 'hung' has not ended; see `rotctl status"),
        (f"copied {FUNCTION} --region eu-west-1", "'copied' is a replica of the secret in us-"),
        (f"nobody {FUNCTION}", "DescribeSecret of 'nobody' in us-east-1: it is not there"),
        ("stays --function None", "no function 'None' is found, nor the parameter '/secret-rot"),
        (f"stays --function {world.service.function_arn('None')}", "there is no function 'None';"),
        (f"stays {FUNCTION} --schedule daily", "--schedule 'daily' is none that Secrets Manager"),
        (
            f"stays {FUNCTION} --schedule 'cron(0 3 32 * ? *)' --yes",
            "Secrets Manager refused 'stays' with cron(0 3 32 * ? *) (InvalidParameterException);",
        ),
        (f"stays --prefix a {FUNCTION}", "attach takes a SECRET, or one of --prefix and --tag;"),
        (FUNCTION, "attach takes a SECRET, or one of --prefix and --tag; give"),
    ):
        refused = run(f"attach {words}")
        assert refused.code == 2
        last = refused.err.splitlines()[-1]
        assert last.startswith("rotctl: ")
        assert why in last
    after = [client.describe_secret(SecretId=name) for name in names]
    for one, other in zip(before, after, strict=True):
        assert {**one, "ResponseMetadata": None} == {**other, "ResponseMetadata": None}


def test_a_function_that_may_not_be_invoked_is_told_with_what_lets_it(world: World) -> None:
    secret = world.seed("alone")
    world.service.permissions.remove_all("PostgresSingleUser")
    refused = run(f"attach alone {FUNCTION} --yes")
    assert (refused.code, refused.out) == (2, "")
    assert "Secrets Manager may not invoke PostgresSingleUser for 'alone'; let it: `" in refused.err
    world.service.settings.refused = {"GetPolicy": DENIED}
    unseen = run(f"attach alone {FUNCTION} --yes")
    assert unseen.code == 2
    assert "you lack the right lambda:GetPolicy; the test tells more\n" in unseen.err
    assert (
        "or Secrets Manager may not invoke the function: see `aws lambda get-policy" in unseen.err
    )
    assert rules(world, secret) is None
    (let,) = re.findall("`(aws .*?)`", refused.err)
    aws(world, let)
    # Nothing of the function can be seen, but for what the test tells.
    world.service.settings.refused = dict.fromkeys(
        ("GetPolicy", "GetFunctionConfiguration"), DENIED
    )
    assert run(f"attach alone {FUNCTION} --yes").code == 0
    unfound = run("attach alone --function Unfound --yes")
    assert "(you lack the right lambda:GetFunctionConfiguration); give its ARN" in unfound.err


def test_many_are_attached_and_the_rest_is_left_alone(world: World) -> None:
    new = [world.seed(f"fleet/{number}", tags={"team": "fleet"}) for number in range(3)]
    same = world.secret("fleet/same")
    world.secret("fleet/taken", "Removed")
    new[2].change_password()
    shown = run(f"attach --prefix fleet/ {FUNCTION} --between 20:00-04:00 --window 1h", typed="n\n")
    assert shown.code == 1
    assert "in one window" not in shown.err
    assert shown.out.count("fleet/same: PostgresSingleUser, cron(0 ") == 1
    assert rules(world, same) == {"AutomaticallyAfterDays": 30}
    shown = run(f"attach --prefix fleet/ {FUNCTION} --output json --yes")
    assert shown.code == 1
    assert "3 to attach, 1 attached and only to be tested, and 1 left alone" in shown.err
    assert "fleet/taken: left alone: rotation of 'fleet/taken' is on already" in shown.err
    found = {each["name"]: each for each in shown.json()}
    assert {name: each["result"] for name, each in found.items()} == {
        "fleet/0": "attached",
        "fleet/1": "attached",
        "fleet/2": "failed",
        "fleet/same": "attached-before",
        "fleet/taken": "left-alone",
    }
    assert found["fleet/2"]["code"] == "Rejected"
    choice = windows.choice("", "", "")
    for each in new:
        assert rules(world, each) == choice(each.name).request()
    one = run(f"attach --prefix fleet/ {FUNCTION} --schedule 'rate(7 days)'", typed="n\n")
    assert "all of them rotate in one window; without --schedule each has its own\n" in one.err
    again = run(f"attach --tag team=fleet {FUNCTION}")
    assert (again.code, again.err.count("Begin?")) == (1, 0)
    assert "fleet/2: failed: testSecret: " in again.out
    assert again.out.endswith("2 attached already, 1 failed\n")
