"""The template's state machine, from the rotation's event to the message: run by an interpreter."""

import json
import shlex
import threading
from datetime import UTC

import pytest
from moto.ecs.models import EC2ContainerServiceBackend
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.sns.models import SNSBackend

from local.secrets_manager import SecretsManager
from rotctl.aws.session import Aws
from rotctl.trouble import Trouble
from tests.deploy.rights.renewal import RENEWAL, as_iam_calls
from tests.rotctl.world import noted_calls
from tests.watch.published import Topic, lines_of
from tests.watch.renewal.account import Account, ago, refused
from tests.watch.renewal.rotated import Rotated
from watch.renewal import turn


def test_services_and_functions_are_renewed_wave_by_wave_and_once(
    account: Account, rotated: Rotated, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    account.service("web", rotated.name)
    account.service("canary", rotated.name, wave="0")
    account.service("other", "own/other")
    account.service("untagged")
    account.function("report", rotated.name, wave="2", KEPT="as it was")
    account.function("unread", "own/other", KEPT="as it was")
    given = rotated.given
    with noted_calls() as calls:
        ended = account.run(given)
    assert {as_iam_calls(each) for each in calls} == RENEWAL | {"secretsmanager:DescribeSecret"}
    assert (ended["status"], ended["outcome"]) == ("SUCCEEDED", "renewed")
    assert account.forced == ["canary", "web"]
    assert account.renewed() == {"canary", "web", "report"}
    assert account.variables("report")["KEPT"] == "as it was"
    assert account.variables("unread") == {"KEPT": "as it was"}
    assert topic.told == []
    # EventBridge delivers at least once.
    monkeypatch.setenv("TELL_SUCCESSES", "true")
    before = account.variables("report")
    again = account.run(rotated.given)
    assert (again["outcome"], account.forced) == ("renewed", ["canary", "web"])
    assert account.variables("report") == before
    ((subject, text),) = topic.told
    assert subject == f"Readers renewed: {rotated.name}"
    said = lines_of(text)
    assert said["Renewed"] == "service main/canary; service main/web; function report"
    assert said["Of functions"].startswith("$LATEST alone")


def test_it_stops_at_the_first_that_is_not_healthy_and_the_advice_renews_the_rest(
    account: Account, rotated: Rotated, topic: Topic
) -> None:
    told = len(topic.told)
    for name, wave in (("first", "0"), ("broken", "1"), ("beside", "1"), ("last", "2")):
        account.service(name, rotated.name, wave=wave)
    account.ends["broken"] = "FAILED"
    ended = account.run(rotated.given)
    assert (ended["status"], ended["outcome"]) == ("SUCCEEDED", "stopped")
    assert account.forced == ["first", "beside", "broken"]
    ((subject, text),) = topic.told[told:]
    assert subject.startswith("Renewal stopped at service main/broken: own/")
    said = lines_of(text)
    assert said["What happened"] == "its new deployment failed"
    assert said["What to do"].startswith("mend what its events tell: aws ecs describe-services")
    assert said["Renewed"] == "service main/first; service main/beside"
    assert said["Not begun"] == "service main/last"
    assert said["Secret"] == rotated.arn
    account.ends.clear()
    (_, command) = next(line.split(": ", 1) for line in text.splitlines() if "start-exec" in line)
    words = shlex.split(command)
    assert words[:3] == ["aws", "stepfunctions", "start-execution"]
    given = dict(zip(words[3::2], words[4::2], strict=True))
    assert given["--state-machine-arn"] == account.machine
    again = account.run(json.loads(given["--input"]))
    assert again["outcome"] == "renewed"
    assert account.forced[3:] == ["broken", "last"]


def test_a_second_execution_waits_for_the_first(
    account: Account, rotated: Rotated, secrets: SecretsManager
) -> None:
    account.service("shared", rotated.name)
    come, go = threading.Event(), threading.Event()

    def held() -> None:
        come.set()
        assert go.wait(60)

    account.on_force["shared"] = held
    first = account.start(rotated.given)
    assert come.wait(60)
    second = account.start(rotated.given)
    assert not turn.is_first(Aws(), account.machine, second, ago())
    started = account.machines.describe_execution(executionArn=first)["startDate"]
    began = f"{started.astimezone(UTC):%Y-%m-%d %H:%M} UTC runs"
    waited = f"waited for twelve hours, and the one that began at {began}"
    with pytest.raises(Trouble, match=waited):
        turn.is_first(Aws(), account.machine, second, ago(hours=13))
    unread = secrets.client().create_secret(Name="own/unread", SecretString="any")["ARN"]
    assert account.run({"secret": unread, "time": ago()})["outcome"] == "nobody"
    go.set()
    assert account.ended(first)["outcome"] == account.ended(second)["outcome"] == "renewed"
    assert account.forced == ["shared"]
    assert account.entered(second, "Renew") > account.entered(first, "Tell")


def test_one_that_was_killed_in_the_middle_is_started_again(
    account: Account, rotated: Rotated, topic: Topic
) -> None:
    told = len(topic.told)
    for name, wave in (("done", "0"), ("middle", "1"), ("late", "2")):
        account.service(name, rotated.name, wave=wave)
    account.ends["middle"] = "IN_PROGRESS"
    begun, killed = threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        assert killed.wait(60)

    account.on_force["middle"] = held
    execution = account.start(rotated.given)
    assert begun.wait(60)
    account.machines.stop_execution(executionArn=execution)
    killed.set()
    assert account.ended(execution)["status"] == "ABORTED"
    account.ends.clear()
    account.of("middle").deployments[0]["rolloutState"] = "COMPLETED"
    assert account.run(rotated.given)["outcome"] == "renewed"
    assert account.forced == ["done", "middle", "late"]
    assert topic.told[told:] == []


def test_what_passes_is_tried_again_and_what_does_not_is_told(
    account: Account, rotated: Rotated, topic: Topic
) -> None:
    told = len(topic.told)
    account.service("slow", rotated.name)
    with refused(EC2ContainerServiceBackend, "describe_services", "ThrottlingException", times=1):
        assert account.run(rotated.given)["outcome"] == "renewed"
    assert topic.told[told:] == []
    with refused(ResourceGroupsTaggingAPIBackend, "get_resources", "AccessDeniedException"):
        assert account.run(rotated.given)["outcome"] == "stopped"
    ((subject, text),) = topic.told[told:]
    assert subject.startswith("Renewal stopped: own/")
    said = lines_of(text)
    assert said["What happened"].startswith(
        "Resource Groups Tagging GetResources in us-east-1: ReaderRenewer has no right"
    )
    assert said["What to do"].startswith("see which policy denies it")
    assert said["Renewed"] == "none; the readers were not looked for"
    with (
        refused(ResourceGroupsTaggingAPIBackend, "get_resources", "AccessDeniedException"),
        refused(SNSBackend, "publish", "AuthorizationErrorException"),
    ):
        # What was not told fails the execution, and the alarm tells.
        assert account.run(rotated.given)["status"] == "FAILED"


def test_nobody_has_the_tag(account: Account, rotated: Rotated, topic: Topic) -> None:
    told = len(topic.told)
    account.service("another", "own/another")
    assert account.run(rotated.given)["outcome"] == "nobody"
    assert (account.forced, topic.told[told:]) == ([], [])
