"""What status says of rotations that are really so: rotated, killed, refused, cancelled, gone."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import NoReturn
from unittest import mock

import pytest

from local.functions.home import InProcess
from local.secrets_manager import SecretsManager
from local.secrets_manager.schedule import parse
from local.secrets_manager.secret import Secret
from local.servers import Server
from rotctl.aws import session
from tests.rotctl.world import Rotated, World, later, run

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d"
DENIED = "AccessDeniedException"


@pytest.fixture(scope="module")
def secrets(running_world: World, strict_server: Server) -> dict[str, Rotated]:
    """One in each state."""
    world, service = running_world, running_world.service
    made = {name: world.secret(name) for name in ("fine", "killed", "changed", "given-up", "new")}
    made["gone"] = world.secret("gone", "Removed")
    del world.home.named["Removed"]
    assert world.rotate(made["fine"]) == "succeeded"
    service.settings.retries, world.home.kill_at = 2, {"setSecret"}
    assert world.rotate(made["killed"]) == "failed"
    service.settings.retries, world.home.kill_at = 0, set()
    for name in ("changed", "given-up"):
        made[name].change_password()
        assert world.rotate(made[name]) == "failed"
    service.client().cancel_rotate_secret(SecretId="given-up")
    made["strict"] = world.secret("strict", server=strict_server, tags={"team": "data"})
    made["strict"].target._set("ALTER SYSTEM SET credcheck.encrypted_password_allowed = off")
    assert world.rotate(made["strict"]) == "failed"
    return made


@pytest.mark.usefixtures("secrets")
def test_every_state_is_told_in_words_and_what_needs_a_person_comes_first(world: World) -> None:
    with later(hours=1):
        rows = run("status --output json").json()
    words = {row["name"]: row["words"] for row in rows}
    expected = {
        "changed": rf"stuck at setSecret since {TIME}, 1 attempt",
        "given-up": rf"stuck at setSecret since {TIME}, 1 attempt",
        "killed": rf"stuck at setSecret since {TIME}, 3 attempts",
        "strict": rf"refused by the server's rules since {TIME}",
        "gone": "function gone",
        "new": "never rotated",
        "fine": "fine",
    }
    assert words.keys() == expected.keys()
    for name, pattern in expected.items():
        assert re.fullmatch(pattern, words[name]), (name, words[name])
    assert list(words) == list(expected)
    need = [row["name"] for row in rows if row["needs_a_person"]]
    assert need == list(expected)[:5]
    by_name = {row["name"]: row for row in rows}
    assert by_name["changed"]["code"] == "Rejected"
    assert "PutSecretValue" in by_name["changed"]["message"]
    assert by_name["strict"]["code"] == "RejectedByPolicy"
    assert by_name["killed"]["labels"].keys() == {"AWSCURRENT", "AWSPENDING"}
    assert by_name["fine"]["target"] == "postgres single user"
    assert by_name["fine"]["schedule"] == "every 30 days"
    assert world.service.client().describe_secret(SecretId="fine")["Name"] == "fine"


@pytest.mark.usefixtures("secrets")
def test_what_has_just_moved_is_rotating(world: World) -> None:
    with later(minutes=-10):  # however slow the machine is
        assert world.words()["killed"] == "rotating now, at setSecret"


@pytest.mark.usefixtures("secrets", "world")
def test_due_and_overdue_are_by_the_window() -> None:
    with later(days=29.9):
        assert run("status --prefix fine").code == 0
    due = datetime.now(UTC) + timedelta(days=31)
    for moved, words in (
        (due.replace(hour=0, minute=0) - timedelta(hours=1), "due"),
        (due, rf"overdue since {TIME}"),
    ):
        with mock.patch("rotctl.clock.now", return_value=moved):
            shown = run("status --prefix fine --output json")
        (row,) = shown.json()
        assert re.fullmatch(words, row["words"])
        assert shown.code == (words != "due")


@pytest.mark.usefixtures("secrets", "world")
@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("--prefix f", ["fine"]),
        ("--tag team=data", ["strict"]),
        ("--tag team=other", []),
        ("--function Removed", ["gone"]),
        ("--function PostgresSingleUser --state fine --state refused", ["strict", "fine"]),
    ],
)
def test_filters(words: str, names: list[str]) -> None:
    assert [row["name"] for row in run(f"status {words} --output json").json()] == names


@pytest.mark.usefixtures("secrets", "world")
def test_a_person_reads_a_table_with_what_to_do(world: World) -> None:
    shown = run("status")
    assert shown.code == 1
    assert shown.err == ""
    lines = shown.out.splitlines()
    assert any(re.match("changed +stuck at setSecret since", line) for line in lines)
    assert any(re.match("changed: setSecret: .*with PutSecretValue", line) for line in lines)
    assert "7 secrets, " in shown.out
    for value in world.values():
        assert value not in shown.out


@pytest.mark.usefixtures("secrets")
def test_a_missing_right_is_told_and_the_rest_is_shown(world: World) -> None:
    world.service.settings.refused = {"FilterLogEvents": DENIED}
    words = world.words()
    assert words["changed"] == "no permission: logs:FilterLogEvents"
    assert words["new"] == "never rotated, as far as it can be seen without logs:FilterLogEvents"
    assert words["fine"] == "fine"
    world.service.settings.refused = {"GetFunctionConfiguration": DENIED}
    assert world.words()["fine"] == "no permission: lambda:GetFunctionConfiguration"
    world.service.settings.refused = {"ListSecretVersionIds": DENIED}
    words = world.words()
    assert words["killed"] == "no permission: secretsmanager:ListSecretVersionIds"
    assert words["changed"].startswith("stuck at setSecret")


@pytest.mark.usefixtures("secrets")
def test_what_aws_does_not_tell_now_is_said_and_the_rest_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_PACED", session._STANDARD)  # not again and again, ever slower
    world.service.settings.refused = {"FilterLogEvents": "ThrottlingException"}
    throttled = run("status --output json")
    words = {row["name"]: row["words"] for row in throttled.json()}
    assert (throttled.code, len(words)) == (1, 7)
    asked = "not seen: CloudWatch Logs FilterLogEvents of '/aws/lambda/PostgresSingleUser' in us-"
    assert words["changed"].startswith(asked)
    assert "AWS asks to be called less often (ThrottlingException)" in words["changed"]
    assert words["new"].startswith(f"never rotated, {asked}")
    assert words["fine"] == "fine"
    shown = run("diagnose changed --output json")
    assert shown.code in {0, 1}, shown.err
    assert asked in shown.out
    assert "attempts" in shown.out
    assert run("heal changed --yes").code == 1
    past = run("history changed")
    assert past.code == 0
    assert "without the function's log: CloudWatch Logs FilterLogEvents" in past.err
    world.service.settings.refused = {"ListSecretVersionIds": "ThrottlingException"}
    words = world.words()
    assert words["killed"].startswith("not seen: Secrets Manager ListSecretVersionIds of")
    shown = run("diagnose killed --output json")
    assert "ListSecretVersionIds" in shown.out, shown.err
    assert words["changed"].startswith("stuck at setSecret")
    world.service.settings.refused = {"GetFunctionConfiguration": "ThrottlingException"}
    words = world.words()
    assert words["fine"].startswith("fine, not seen: Lambda GetFunctionConfiguration of 'arn:")
    assert words["killed"].startswith("not seen: Lambda GetFunctionConfiguration of 'arn:")


@pytest.mark.usefixtures("secrets", "world")
def test_watch_looks_until_it_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([None, None])

    def sleep(_seconds: float) -> None:
        if next(looks, "over") == "over":
            raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", sleep)
    shown = run("status --prefix fine --watch")
    assert shown.code == 0
    assert shown.out.count("1 secret, 0 need a person") >= 1
    assert "leave out --output json" in run("status --watch --output json").err


class Defect(dict[str, str]):
    """Refusals that cannot be looked up, so that the service answers as one with a defect."""

    def get(self, _operation: str, _default: object = None) -> NoReturn:
        raise RuntimeError


THROTTLED = {"ListSecrets": "ThrottlingException"}


@pytest.mark.usefixtures("secrets")
@pytest.mark.parametrize(
    ("looks", "code", "says"),
    [
        ([THROTTLED], 0, "AWS asks to be called less often (ThrottlingException); it looks again"),
        ([Defect()], 0, "AWS could not answer (InternalServiceError); it looks again every 10 s"),
        ([THROTTLED, {}], 0, "1 secret, 0 need a person"),
        ([{"ListSecrets": "ExpiredTokenException"}], 2, "your AWS credentials have expired"),
    ],
)
def test_watch_goes_on_past_errors_that_pass_and_says_since_when(
    world: World, looks: list[dict[str, str]], code: int, says: str
) -> None:
    refused = iter(looks)

    def sleep(_seconds: float) -> None:
        try:
            world.service.settings.refused = next(refused)
        except StopIteration:
            raise KeyboardInterrupt from None

    with mock.patch("time.sleep", sleep):
        shown = run("status --prefix fine --watch")
    assert shown.code == code
    assert "1 secret, 0 need a person" in shown.out
    assert says in (shown.err if code else shown.out)
    since = re.findall(rf"^as it was at {TIME}: Secrets Manager ", shown.out, re.MULTILINE)
    assert len(since) == says.count("looks again")


def test_many_that_are_stuck_take_a_call_of_the_logs_for_eighteen() -> None:
    def killed(_event: object, _context: object) -> None:
        raise ZeroDivisionError

    with SecretsManager(InProcess({"A": killed, "B": killed}), retries=0) as service:
        client = service.client()
        for number in range(24):
            name = f"app/{number}"
            arn = client.create_secret(Name=name, SecretString="{}")["ARN"]
            function = service.function_arn("AB"[number % 4 == 0])
            client.rotate_secret(SecretId=name, RotationLambdaARN=function)
            service.wait_for_rotation(arn)
        calls = len(service.calls)
        environment = {**service.environment, **service.neighbours}
        with mock.patch.dict("os.environ", environment), later(hours=1):
            shown = run("status --output json")
        assert Counter(row["state"] for row in shown.json()) == {"stuck": 24}
        made = Counter(call.operation for call in service.calls[calls:])
        assert (made["FilterLogEvents"], made["ListSecretVersionIds"]) == (2, 24)


def test_a_thousand_secrets_take_a_page_each_hundred_and_a_call_each_function(
    report: Callable[[str], None],
) -> None:
    def nothing(_event: object, _context: object) -> None: ...

    with SecretsManager(InProcess({"A": nothing, "B": nothing})) as service:
        state = service._regions[service.region].state
        now = state.clock.now()
        for number in range(1000):
            secret = Secret(state.account, state.region, {"Name": f"app/{number}"}, now)
            function = service.function_arn("AB"[number % 2])
            secret.rotation.configure(function, parse({"AutomaticallyAfterDays": 30}))
            secret.rotation.rotated(now)
            state.store.add(secret)
        began = time.monotonic()
        with mock.patch.dict("os.environ", {**service.environment, **service.neighbours}):
            shown = run("status --output json")
        report(f"rotctl status of 1,000 secrets: {time.monotonic() - began:.1f} s")
    assert Counter(row["words"] for row in json.loads(shown.out)) == {"fine": 1000}
    calls = Counter(call.operation for call in service.calls)
    assert calls == {"ListSecrets": 10, "GetFunctionConfiguration": 2}
