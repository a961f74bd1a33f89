"""Rotations and tests that rotctl begins and follows, on a real database, and what it tells."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock

import pytest
from rich.progress import Progress as Bar

from rotctl.adoption.journal import Journal
from tests.rotctl.documents import CHECKED, POLICY, allowed_actions, examples
from tests.rotctl.healing.left import cancelled_at, changed_beside_an_admin
from tests.rotctl.world import Rotated, World, later, noted_calls, run

DENIED = "AccessDeniedException"


def outcomes(world: World, *secrets: Rotated) -> list[int]:
    """How often each has been rotated or tried."""
    return [len(world.service.outcomes(each.arn)) for each in secrets]


def test_a_rotation_is_shown_step_by_step(world: World) -> None:
    secret = world.secret("one")
    before = world.describe(secret)
    with later(minutes=4):  # this machine's clock is wrong
        shown = run("rotate one")
    assert shown.code == 0
    said = re.sub(r"[0-9a-f-]{36}", "ID", shown.out)
    done = [f"{step} done" for step in ("createSecret", "setSecret", "testSecret", "finishSecret")]
    assert [line for line in said.splitlines() if line.strip() in done] == [f"  {d}" for d in done]
    assert "  AWSCURRENT is on ID\n" in said
    assert said.endswith("one: rotated\n")
    assert secret.target.accepts(world.value(secret))
    after = world.describe(secret)
    assert after["RotationRules"] == before["RotationRules"]
    assert all(value not in shown.out for value in world.values())


def test_a_failure_that_stays_ends_it_with_what_to_do_and_is_attempted_again(world: World) -> None:
    secret = world.secret("stubborn")
    secret.change_password()
    shown = run("rotate stubborn")
    assert shown.code == 1
    assert shown.out.splitlines()[-1].startswith("stubborn: failed at setSecret, Rejected; check")
    known = outcomes(world, secret)
    refused = run("try stubborn")
    assert refused.code == 2
    assert "a rotation of 'stubborn' has not ended, so it cannot be tried; see" in refused.err
    assert outcomes(world, secret) == known
    secret.change_password(str(secret.target.document["password"]))
    shown = run("rotate stubborn --output json")
    assert shown.code == 0
    assert "its rotation had not ended and is attempted again" in shown.err
    assert "  AWSCURRENT is on " in shown.err
    (report,) = shown.json()
    version = world.describe(secret)["VersionIdsToStages"].keys()
    assert (report["name"], report["result"]) == ("stubborn", "rotated")
    assert report["version"] in version
    assert report["message"] is None


def test_one_that_does_not_end_is_waited_for_so_long_and_no_longer(world: World) -> None:
    world.secret("slow")
    world.home.kill_at = {"setSecret"}
    shown = run("rotate slow --limit 1")
    assert shown.code == 1
    assert "slow: not ended yet; see `rotctl status --prefix slow`" in shown.out
    world.home.kill_at = set()
    begun = run("rotate slow --no-wait")
    assert (begun.code, begun.out.count("\n")) == (0, 1)
    world.service.wait_for_rotation("slow", beyond=2)


def test_many_are_rotated_once_and_what_has_not_ended_is_left_alone(world: World) -> None:
    secrets = [world.secret(f"many/{number}", tags={"team": "many"}) for number in range(3)]
    stuck = world.secret("many/stuck")
    world.home.kill_at = {"setSecret"}
    assert world.rotate(stuck) == "failed"
    world.home.kill_at = set()
    known = outcomes(world, *secrets, stuck)
    assert run("rotate --prefix many/ --outside-windows", typed="n\n").code == 1
    assert outcomes(world, *secrets, stuck) == known
    # One at a time, interrupted as the first is done: the second may have begun, the third has not.
    with mock.patch.object(Bar, "advance", side_effect=KeyboardInterrupt):
        shown = run("rotate --tag team=many --outside-windows --yes --at-once 1")
    assert shown.code == 1
    assert "interrupted: what was begun goes on at AWS" in shown.err
    assert re.search("^1 rotated, (1 not ended yet, 1|2) not begun$", shown.out, re.MULTILINE)
    (since,) = set(re.findall(r"--since (\S+)", shown.err))
    shown = run(f"rotate --tag team=many --outside-windows --yes --since {since}")
    assert shown.code == 0
    assert "rotated already since the run began" in shown.out
    assert all(each.target.accepts(world.value(each)) for each in secrets)
    with later(hours=1):
        shown = run(f"rotate --prefix many/ --yes --since {since}")
        told = run(f"rotate --prefix many/ --yes --since {since} --output json").json()
    assert shown.code == 1
    assert "stuck: not begun, as one before has not ended: stuck at setSecret since" in shown.out
    assert shown.out.count(": rotated already since the run began\n") == 3
    assert {each["result"] for each in told} == {"rotated-before", "busy"}
    world.service.wait_for(lambda: outcomes(world, *secrets, stuck) == [2, 2, 2, 2])


def test_what_is_switched_off_or_not_there_is_told(world: World) -> None:
    secret = world.secret("idle/off", tags={"team": "idle"})
    world.service.client().cancel_rotate_secret(SecretId=secret.arn)
    known = outcomes(world, secret)
    for words in ("--prefix idle/", "--tag team=idle --outside-windows"):
        shown = run(f"rotate {words} --yes --output json")
        assert shown.code == 1
        (told,) = shown.json()
        assert told["result"] == "left-alone"
        assert told["message"] == "rotation is switched off"
    assert outcomes(world, secret) == known
    for words in ("rotate", "attach --function PostgresSingleUser", "adopt"):
        for chosen in ("--prefix idel/", "--tag team=idel"):
            shown = run(f"{words} {chosen} --yes")
            assert shown.code == 1, words
            assert "no secret is there that was chosen so; check --prefix, --tag" in shown.err


def test_of_many_those_whose_window_is_open_are_rotated_and_all_in_an_emergency(
    world: World,
) -> None:
    secrets = {name: world.secret(f"night/{name}") for name in ("open", "shut", "wrong")}
    hour = (datetime.now(UTC) + timedelta(hours=2)).hour
    for name in ("open", "wrong"):
        world.service.client().rotate_secret(
            SecretId=secrets[name].arn,
            RotationRules={"ScheduleExpression": f"cron(0 {hour} * * ? *)", "Duration": "1h"},
            RotateImmediately=False,
        )
        world.service.wait_for_rotation(secrets[name].arn, beyond=1)
    secrets["wrong"].change_password()
    known = outcomes(world, *secrets.values())
    shown = run("rotate --prefix night/")
    assert shown.code == 1
    assert shown.out.endswith("3 left out, as no window is open\n")
    assert "0 to rotate, and 3 left out whose window is not open (see --out" in shown.err
    assert outcomes(world, *secrets.values()) == known
    ends = world.describe(secrets["open"])["NextRotationDate"].astimezone(UTC)
    with mock.patch("rotctl.clock.now", return_value=ends - timedelta(minutes=30)):
        shown = run("rotate --prefix night/ --output json", typed="y\n")
    assert shown.code == 1
    assert "2 to rotate, and 1 left out whose window is not open" in shown.err
    told = {each["name"]: each for each in shown.json()}
    assert {name: each["result"] for name, each in told.items()} == {
        "night/open": "rotated",
        "night/shut": "outside-window",
        "night/wrong": "failed",
    }
    assert (told["night/wrong"]["step"], told["night/wrong"]["code"]) == ("setSecret", "Rejected")
    assert "with PutSecretValue" in told["night/wrong"]["message"]
    assert told["night/shut"]["message"].startswith("the next one ends at 20")
    assert told["night/shut"]["version"] is None
    (since,) = set(re.findall(r"--since (\S+)", shown.err))
    with later(hours=1):
        shown = run(f"rotate --prefix night/ --outside-windows --yes --since {since}")
    assert "night/open: rotated already since the run began\n" in shown.out
    assert "night/shut: rotated\n" in shown.out
    world.service.wait_for(lambda: outcomes(world, secrets["shut"]) == [2])


def test_a_rotation_is_followed_past_errors_of_aws_that_pass(world: World) -> None:
    world.secret("throttled")

    class Refusals(dict[str, str]):
        """The second and third DescribeSecret are refused."""

        answers = iter(("", "ThrottlingException", "ThrottlingException"))

        def get(self, operation: str, _default: object = None) -> str:
            return next(self.answers, "") if operation == "DescribeSecret" else ""

    world.service.settings.refused = Refusals()
    shown = run("rotate throttled")
    assert shown.code == 0
    assert shown.out.count("AWS asks to be called less often (ThrottlingException); looking") == 1
    assert shown.out.endswith("throttled: rotated\n")


def test_one_that_is_rotating_already_is_waited_for_and_not_begun_again(world: World) -> None:
    secret = world.secret("busy/one")
    world.service.settings.step_pause = 0.2
    world.service.client().rotate_secret(SecretId=secret.arn)
    shown = run("rotate --prefix busy/ --yes")
    assert (shown.code, shown.out) == (0, "busy/one: rotated\n1 rotated\n")
    world.service.wait_for(lambda: outcomes(world, secret) == [2])


def test_what_cannot_be_rotated_is_refused_before_anything_is_changed(world: World) -> None:
    client = world.service.client()
    client.create_secret(Name="plain", SecretString="{}")
    for name in ("off", "deleted"):
        world.secret(name)
    client.cancel_rotate_secret(SecretId="off")
    client.delete_secret(SecretId="deleted", RecoveryWindowInDays=7)
    world.secret("homeless", "Removed")
    removed = world.home.named.pop("Removed")
    for words, why in (
        ("plain", "'plain' has no rotation function; attach one"),
        ("off", "rotation of 'off' is switched off, and this would switch it on; let `rotctl heal"),
        ("deleted", "'deleted' is scheduled for deletion; keep it: `aws"),
        ("homeless", "'homeless': its function Removed is gone; deploy it again"),
        ("nobody", "DescribeSecret of 'nobody' in us-east-1: it is not there (Resource"),
        ("'no name'", "that is no valid request (ValidationException); check the name"),
        ("", "rotate takes a SECRET, or one of --prefix, --tag and --all; give"),
        ("plain --all", "rotate takes a SECRET, or one of --prefix"),
        ("--all --since yesterday", "--since 'yesterday' is no time; give such as 2026"),
        ("--tag team", "--tag 'team': a tag is KEY=VALUE; give such as --tag team=data"),
    ):
        for command in ("rotate", "try") if re.fullmatch("[a-z]+", words) else ("rotate",):
            refused = run(f"{command} {words}")
            assert (refused.code, refused.out) == (2, "")
            assert refused.err.startswith("rotctl: ")
            assert refused.err.count("\n") == 1
            assert why in refused.err
    world.home.named["Removed"] = removed


def test_a_try_changes_the_next_date_alone_and_says_what_it_proves(world: World) -> None:
    """The help and the page say that of the date."""
    secret = world.secret("tried")
    anew = world.describe(secret)
    state = world.service._regions[world.service.region].state
    kept = state.store.named(secret.name)
    assert kept is not None
    kept.rotation.plan(state.clock.now() - 10 * 24 * 3600)
    before = world.describe(secret)
    assert before["NextRotationDate"] < anew["NextRotationDate"]
    shown = run("try tried")
    assert shown.code == 0
    assert "tried: the test passed, and nothing was rotated\n" in shown.out
    assert "  proved: " in shown.out
    assert "  not proved: that a new password can be stored" in shown.out
    after = world.describe(secret)
    assert after["NextRotationDate"] >= anew["NextRotationDate"]
    assert {**after, "NextRotationDate": before["NextRotationDate"]} == before
    told = " ".join(run("try --help").out.split())
    assert "Secrets Manager may reckon the date of the next rotation anew" in told
    secret.change_password()
    failed = run("try tried")
    assert failed.code == 1
    assert "tried: failed at testSecret, Rejected; " in failed.out
    assert "proved" not in failed.out
    assert world.describe(secret) == after


def test_a_rotation_is_followed_by_its_labels_where_the_log_may_not_be_read(world: World) -> None:
    world.secret("blind")
    world.service.settings.refused = {"FilterLogEvents": DENIED}
    shown = run("rotate blind")
    assert shown.code == 0
    assert shown.out.count("the steps cannot be shown: you lack the right logs:Filter") == 1
    assert "blind: rotated" in shown.out


def test_history_has_a_line_for_each_with_step_and_action(world: World) -> None:
    secret = world.secret("past")
    assert world.rotate(secret) == "succeeded"
    world.service.settings.retries, world.home.kill_at = 1, {"setSecret"}
    assert world.rotate(secret) == "failed"
    world.service.settings.retries, world.home.kill_at = 0, set()
    secret.store_by_hand(world.service.client())
    secret.change_password()
    assert world.rotate(secret) == "failed"
    told = run("history past --output json").json()
    assert [(each["test"], each["outcome"], each["attempts"]) for each in told] == [
        (False, "failed", 1),
        (False, "abandoned", 2),
        (False, "succeeded", 1),
        (True, "succeeded", 1),
    ]
    assert (told[0]["step"], told[0]["code"]) == ("setSecret", "Rejected")
    assert "PutSecretValue" in told[0]["action"]
    table = run("history past")
    assert table.code == 0
    assert "failed at setSecret, Rejected" in table.out
    for refused, outcomes_ in (
        ("LookupEvents", ["failed", "not ended", "succeeded", "succeeded"]),
        ("FilterLogEvents", ["failed", "abandoned", "succeeded", "succeeded"]),
    ):
        world.service.settings.refused = {refused: DENIED}
        shown = run("history past --output json")
        assert [each["outcome"] for each in shown.json()] == outcomes_
        assert shown.err.count("\n") == 1
        assert "you have no right to it" in shown.err
    assert "killed, timed out" in run("history past --output json").json()[0]["action"]


@pytest.mark.parametrize("example", examples())
def test_every_example_runs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, example: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in re.findall(r"adopt-\w+\.json", example):
        Journal(tmp_path / name).begin([])
    for name in ("app.json", "admin.json", "description.json"):  # as the examples call files
        Path(name).write_text('{"engine": "postgres"}')
    for name in ("app/db", "rotated/app"):
        if not world.has(name):
            world.secret(name, tags={"team": "data"})
    # Interrupted as --watch sleeps; what other tests have left unfinished is stuck by then.
    with mock.patch("time.sleep", side_effect=KeyboardInterrupt), later(hours=1):
        shown = run(example.replace("http://127.0.0.1:8765", world.service.endpoint))
    assert shown.code in {0, 1}, shown.err
    assert "rotctl: " not in shown.err


def test_the_rights_are_those_of_the_calls_that_are_made(world: World, tmp_path: Path) -> None:
    world.secret("rightful")
    unattached = world.seed("unattached")
    awss = "SecretsManagerRDSPostgreSQLRotationSingleUser"
    world.service.add_function(awss, lambda _event, _context: None)
    world.secret("adopted", awss)
    with noted_calls() as made:
        world.home.kill_at = {"setSecret"}
        attach = "attach unattached --function PostgresSingleUser --stack other --yes --no-wait"
        for words in (
            "rotate rightful --limit 1", "status", "try rightful", "history rightful", attach,
            f"adopt adopted --file {tmp_path / 'adopt.json'} --yes",
        ):  # fmt: skip
            run(words)
        world.home.kill_at = set()
        with later(hours=1):  # each of what heal can do
            for state in (cancelled_at("setSecret"), changed_beside_an_admin):
                stuck = state(world, f"rightful/{len(made)}").name
                for words in (f"diagnose {stuck}", f"heal {stuck} --yes --reset"):
                    run(words)
    world.service.wait_for(lambda: outcomes(world, unattached) == [1])
    # RotateSecret asks for the right to invoke the function, which Invoke is called by.
    assert allowed_actions() - CHECKED == made - {"lambda:Invoke"} | {"lambda:InvokeFunction"}
    assert "GetSecretValue" not in json.dumps(POLICY)
