"""What is told of rotations on a real database: by their real events, lines and descriptions."""

import json
import re

import pytest

from local.secrets_manager import Call
from rotctl.trouble import Trouble
from tests.deploy.rights.iam import actions
from tests.deploy.stack.deployed import ACCOUNT, REGION, deploy
from tests.rotctl.world import World, run
from tests.watch.published import Topic, event_of, lines_of
from watch import renewal, teller

DENIED = "AccessDeniedException"
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
SERVICES = {
    "DescribeSecret": "secretsmanager",
    "GetFunctionConfiguration": "lambda",
    "FilterLogEvents": "logs",
}


def test_a_failure_is_told_with_the_step_the_reason_and_what_to_do(
    world: World, topic: Topic
) -> None:
    secret = world.secret("stubborn")
    secret.change_password()
    assert world.rotate(secret) == "failed"
    calls: list[str] = []
    unsubscribe = world.service.subscribe(
        lambda seen: calls.append(seen.operation) if isinstance(seen, Call) else None
    )
    try:
        subject, text = topic.told_of(secret, "RotationFailed")
    finally:
        unsubscribe()
    assert subject == "Rotation failed at setSecret: stubborn"
    assert text.startswith("The rotation of stubborn failed at setSecret.\n\n")
    (line,) = [
        each
        for event in world.home.log_events("PostgresSingleUser")
        if (each := json.loads(event.message)).get("secret") == secret.arn
        and each.get("level") == "ERROR"
    ]
    what, _, do = line["message"].removeprefix("setSecret: ").partition("; ")
    said = lines_of(text)
    assert said["What happened"] == f"{what} (Rejected)"
    assert said["What to do"] == do
    assert said["The credential in use"].startswith("not known: setSecret may have replaced it")
    assert said["Another attempt"].startswith("Secrets Manager attempts a failed rotation again")
    assert said["More"] == "rotctl diagnose stubborn"
    assert (said["Secret"], said["Version"]) == (secret.arn, line["version"])
    assert said["Function"] == "PostgresSingleUser"
    assert not [value for value in world.values() if value in text]
    # The role has the rights to the calls that were made, and to no others.
    made = {f"{SERVICES[each]}:{each}" for each in calls if each != "LookupEvents"}
    stack = deploy(AlarmTopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms")
    key = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert actions(stack, "RotationTeller") == made | {"sns:Publish"} | LOG | key
    # A second attempt whose setSecret is killed is not told with the first one's reason.
    world.home.kill_at = {"setSecret"}
    known = len(world.service.outcomes(secret.arn))
    with pytest.raises(world.service.client().exceptions.InvalidRequestException):
        world.service.client().rotate_secret(SecretId=secret.arn)
    world.service.wait_for_rotation(secret.arn, beyond=known)
    subject, text = topic.told_of(secret, "RotationFailed")
    assert subject == "Rotation failed at setSecret: stubborn"
    said = lines_of(text)
    assert said["What happened"].startswith("the step left no line: it was killed")
    assert said["What to do"].startswith("look at the log group /aws/lambda/PostgresSingleUser at ")
    assert said["The credential in use"].startswith("not known")
    secret.store_by_hand(world.service.client())
    subject, text = topic.told_of(secret, "RotationAbandoned")
    assert subject == "Rotation was abandoned: stubborn"
    assert lines_of(text)["Another attempt"].startswith("none, but the next rotation; ")
    advised = re.findall(r"rotctl ((?:history|try) \S+)", text)
    assert advised == ["history stubborn", "try stubborn"]
    # No stored password works here, which the test of it tells.
    assert [run(words).code for words in advised] == [0, 1]


def test_a_success_is_told_with_the_next_rotation_and_when_the_old_one_ends(
    world: World, topic: Topic
) -> None:
    secret = world.secret("fine")
    assert world.rotate(secret) == "succeeded"
    subject, text = topic.told_of(secret, "RotationSucceeded")
    assert subject == "Rotation has succeeded: fine"
    said = lines_of(text)
    # Each of its steps ran in a process of its own: what only another one saw is left out.
    assert said["The old credential"] == "it was replaced at setSecret"
    until = world.describe(secret)["NextRotationDate"]
    assert said["The next rotation"].startswith(f"by {until:%Y-%m-%d %H:}")
    assert "What to do" not in said
    assert not [value for value in world.values() if value in text]
    world.service.settings.refused = {"FilterLogEvents": DENIED}
    _, text = topic.told_of(secret, "RotationSucceeded")
    assert "The old credential" not in lines_of(text)
    assert lines_of(text)["The next rotation"] == said["The next rotation"]


def test_what_may_not_be_seen_is_told_too(world: World, topic: Topic) -> None:
    secret = world.secret("hidden")
    world.home.kill_at = {"createSecret"}
    assert world.rotate(secret) == "failed"
    for operation, words in (
        ("FilterLogEvents", "not known, as the function's log cannot be read: CloudWatch Logs"),
        ("DescribeSecret", "not known, as the secret cannot be seen: Secrets Manager"),
    ):
        world.service.settings.refused = {operation: DENIED}
        subject, text = topic.told_of(secret, "RotationFailed")
        assert subject == "Rotation failed at createSecret: hidden"
        said = lines_of(text)["What happened"]
        assert said.startswith(words)
        assert operation in said
    world.service.settings.refused = {}
    known = dict(world.home.named)
    try:
        del world.home.named["PostgresSingleUser"]
        _, text = topic.told_of(secret, "RotationFailed")
    finally:
        world.home.named.update(known)
    assert lines_of(text)["What happened"] == "the function PostgresSingleUser is gone"


def test_a_line_that_cannot_be_found_yet_is_waited_for(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = world.secret("late")
    assert world.rotate(secret) == "succeeded"
    written = world.home.log_events("PostgresSingleUser")
    without_the_last = [each for each in written if "finishSecret" not in each.message]
    seen = iter(([], without_the_last, written))
    monkeypatch.setattr(world.home, "log_events", lambda _: next(seen))
    monkeypatch.setattr(teller, "LATE_SECONDS", 60.0)
    monkeypatch.setattr(teller, "_PAUSE_SECONDS", 0.0)
    _, text = topic.told_of(secret, "RotationSucceeded")
    assert "The old credential" in lines_of(text)
    assert list(seen) == []


def test_what_cannot_be_published_fails_the_function(
    world: World, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = world.secret("unheard")
    assert world.rotate(secret) == "succeeded"
    gone = f"arn:aws:sns:{REGION}:{ACCOUNT}:gone"
    monkeypatch.setenv("TOPIC_ARN", gone)
    with pytest.raises(Trouble, match=f"SNS Publish of '{gone}' in {REGION}"):
        topic.told_of(secret, "RotationSucceeded")


def test_a_renewal_that_stops_is_told_with_when_the_old_credential_ends(
    world: World, topic: Topic
) -> None:
    secret = world.secret("read")
    assert world.rotate(secret) == "succeeded"
    detail = event_of(secret, "RotationSucceeded")["detail"]
    service = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/"
    state = {
        "secret": secret.arn,
        "time": detail["eventTime"],
        "request": detail["requestID"],
        "outcome": "stopped",
        "waves": [[f"{service}web", f"{service}beside", f"{service}next"], [f"{service}last"]],
        "begun": dict.fromkeys((f"{service}web", f"{service}beside"), detail["eventTime"]),
        "renewed": [f"{service}canary"],
        "at": f"{service}web",
        "what": "its new deployment failed",
        "do": "mend it",
    }
    told = len(topic.told)
    renewal.handler({"task": "Tell", "machine": "arn:of:machine", "state": state}, None)
    ((subject, text),) = topic.told[told:]
    assert subject == "Renewal stopped at service main/web: read"
    assert text.startswith("The renewal of the readers of read stopped at service main/web.\n\n")
    said = lines_of(text)
    assert said["Renewed"] == "service main/canary"
    assert said["Begun, and not waited for"] == "service main/beside"
    assert said["Not begun"] == "service main/next; service main/last"
    assert said["The old credential"] == "it was replaced at setSecret"
    assert said["Version"] == detail["requestID"][-36:]
    assert not [value for value in world.values() if value in text]
