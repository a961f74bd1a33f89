"""What is interrupted, killed, changed meanwhile or not allowed, and how it goes on."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest
from rich.progress import Progress as Bar

from rotctl.adoption.choice import Chooser
from rotctl.adoption.plan import plan
from rotctl.aws import permission, secrets
from rotctl.aws.functions import Functions
from rotctl.aws.session import Aws
from rotctl.state import following
from rotctl.state.following import Follower
from rotctl.trouble import Trouble
from tests.rotctl.adoption.fleet import DENIED, SINGLE, UNASKED, Fleet, given, results, told
from tests.rotctl.world import World, run

MADE = {"CreatedDate": datetime(2026, 11, 30, tzinfo=UTC), "RotationEnabled": True}


def so_far(file: Path) -> dict[str, str]:
    """What the file has of each."""
    entries = json.loads(file.read_text())["secrets"]
    return {each["name"]: each["result"] for each in entries}


def _unanswered(attach: Callable[..., None]) -> Callable[..., None]:
    """It does what it does, and nobody hears of it."""

    def attached(*given: object) -> None:
        attach(*given)
        raise Trouble("there was no answer", do="look")

    return attached


@pytest.mark.usefixtures("world")
def test_an_interrupted_run_goes_on_with_its_file(fleet: Fleet, tmp_path: Path) -> None:
    file = tmp_path / "few.json"
    names = fleet.few(3)
    with mock.patch.object(Bar, "advance", side_effect=KeyboardInterrupt):
        shown = run(f"adopt {' '.join(names)} --yes --at-once 1 --file {file}")
    assert shown.code == 1
    assert "not begun" in shown.out
    assert f"`rotctl adopt --file {file}` goes on" in shown.err
    assert set(so_far(file).values()) != {"moved"}
    assert run(f"adopt --file {file} --yes").code == 0
    assert so_far(file) == dict.fromkeys(names, "moved")


def test_what_was_attached_and_not_seen_to_pass_is_tested_again(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    """As if RotateSecret's answer had been lost, or the machine's power after it."""
    file = tmp_path / "few.json"
    world.service.settings.refused = UNASKED
    good, bad = fleet.few(1)[0], fleet.few(1, password="another one")[0]
    with mock.patch.object(secrets, "attach", _unanswered(secrets.attach)):
        (done,) = told(f"{good} --file {file}")
    assert (done["result"], done["message"]) == ("failed", "there was no answer; look")
    dies = mock.patch.object(Follower, "follow", side_effect=ZeroDivisionError)
    with dies:
        shown = run(f"adopt {bad} --yes --file {file}")
    assert shown.code == 2
    says = r"rotctl: it ended by a defect \(ZeroDivisionError in mock.py:\d+\); report this line"
    assert re.search(f"^{says}$", shown.err, re.MULTILINE)
    assert "Traceback" not in shown.err
    for name in (good, bad):
        assert fleet.has(name) == "PostgresSingleUser"
        world.service.wait_for_rotation(fleet.arns[name], beyond=1)
    assert so_far(file) == {good: "not-ended", bad: "not-ended"}
    assert results(f"--file {file}") == {good: "moved", bad: "put-back"}
    assert fleet.has(bad) == SINGLE


@pytest.mark.usefixtures("world")
def test_a_schedule_that_did_not_stay_is_told_and_set_by_going_on(
    fleet: Fleet, tmp_path: Path
) -> None:
    file, (name,) = tmp_path / "few.json", fleet.few(1)
    rules = fleet.describe(name)["RotationRules"]
    attach = secrets.attach

    def forgets(aws: Aws, secret: secrets.Secret, version: str, to: str, _rules: object) -> None:
        attach(aws, secret, version, to, {"AutomaticallyAfterDays": 7})

    with mock.patch.object(secrets, "attach", forgets):
        (done,) = told(f"{name} --file {file}")
    assert done["result"] == "not-ended"
    assert "PostgresSingleUser and the schedule every 7 days, which was not" in done["message"]
    assert results(f"--file {file}") == {name: "moved"}
    assert given(fleet.describe(name)["RotationRules"]) == given(rules)


def test_a_test_that_nothing_is_known_of_has_not_passed(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    (name,) = fleet.few(1)
    world.home.kill_at = {"testSecret"}
    with mock.patch.object(following, "_LATE", 0.5):
        (done,) = told(f"{name} --file {file}")
    assert done["result"] == "put-back"
    assert "no line of the function says how its test ended" in done["message"]
    assert fleet.has(name) == SINGLE


def test_what_could_not_be_put_back_is_told_and_put_back_later(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    world.service.settings.refused = UNASKED
    (name,) = fleet.few(1, SINGLE + "-gone", password="another one")
    fleet.remove(SINGLE + "-gone")
    (done,) = told(f"{name} --file {file}")
    assert done["result"] == "failed"
    assert "the server rejected the password" in done["message"]
    assert done["message"].endswith(
        f"it could not be put back: the function {SINGLE}-gone is gone;"
        f" deploy it again, then `rotctl adopt --undo {file}`"
    )
    assert so_far(file) == {name: "not-ended"}
    fleet.function(SINGLE + "-gone")
    assert results(f"--undo {file}") == {name: "put-back"}
    assert fleet.has(name) == SINGLE + "-gone"


def test_one_that_has_changed_meanwhile_is_left_alone(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    moved, other, off = fleet.few(3)
    assert results(f"{moved} {other} {off} --file {file}") == dict.fromkeys(
        (moved, other, off), "moved"
    )
    client = world.service.client()
    client.rotate_secret(
        SecretId=other,
        RotationLambdaARN=world.service.function_arn("MyRotator"),
        RotateImmediately=False,
    )
    client.cancel_rotate_secret(SecretId=off)
    found = {each["name"]: each["message"] for each in told(f"--undo {file}")}
    assert found == {
        moved: None,
        other: "its function is MyRotator now",
        off: "its rotation is switched off, and this would switch it on",
    }


@pytest.mark.usefixtures("world")
def test_what_is_not_seen_from_here_is_named_and_not_passed_over(
    fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    moved, begun, left = fleet.few(3)
    assert results(f"{moved} {begun} {left} --file {file}").keys() == {moved, begun, left}
    entries = {each["name"]: each for each in json.loads(file.read_text())["secrets"]}
    entries[begun]["result"], entries[left]["result"] = "not-ended", "not-begun"
    file.write_text(json.dumps({"secrets": list(entries.values())}))
    for words, names in (("--undo", {moved, begun}), ("--file", {begun, left})):
        shown = run(f"adopt {words} {file} --yes --region eu-west-1 --output json")
        assert shown.code == 1, shown.err
        told_of = {each["name"]: each["result"] for each in shown.json()}
        assert told_of == dict.fromkeys(names, "left-alone")
        for each in shown.json():
            account = each["arn"].split(":")[4]
            why = f"it is one of us-east-1 in the account {account}; check --region and --profile"
            assert each["message"] == f"not seen (ResourceNotFoundException): {why}"
    assert fleet.has(moved) == "PostgresSingleUser"
    assert set(results(f"--undo {file}").values()) == {"put-back"}
    assert fleet.has(moved) == SINGLE


def test_without_the_functions_log_nothing_is_begun(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    (name,) = fleet.few(1)
    world.service.settings.refused = {"FilterLogEvents": DENIED}
    shown = run(f"adopt {name} --yes --file {file}")
    assert shown.code == 2
    assert "ask for the right logs:FilterLogEvents" in shown.err
    assert fleet.has(name) == SINGLE
    assert not file.exists()


def test_a_right_that_is_missing_is_told_with_what_is_left_alone(
    world: World, fleet: Fleet
) -> None:
    named, tagged = fleet.few(1)[0], fleet.few(1, "SecretsManagerorders")[0]
    world.service.settings.refused = {"ListTags": DENIED}
    shown = run(f"adopt {named} {tagged}", typed="n\n")
    assert "1 to move, and 1 left alone" in shown.err
    assert "ask for the right lambda:ListTags; see docs/rotctl.md, or say it: --func" in shown.out
    assert "ask for the right" not in shown.err
    world.service.settings.refused = {"GetFunctionConfiguration": DENIED}
    (done,) = told(named)
    assert done["message"] == (
        f"you may not look at {SINGLE}; ask for the right lambda:GetFunctionConfiguration;"
        " see docs/rotctl.md"
    )


def test_a_function_that_may_not_be_invoked_is_seen_before(
    world: World, fleet: Fleet, tmp_path: Path
) -> None:
    file = tmp_path / "few.json"
    (name,) = fleet.few(1)
    permissions = world.service.permissions
    kept = permissions.of("PostgresSingleUser")
    permissions.remove_all("PostgresSingleUser")
    (done,) = told(name)
    assert done["message"].startswith("Secrets Manager may not invoke PostgresSingleUser; let it")
    assert "aws lambda add-permission --function-name arn:aws:lambda:" in done["message"]
    with mock.patch.object(permission.Permission, "lets_invoke", return_value=True):
        (done,) = told(f"{name} --file {file}")
    assert done["result"] == "left-alone"
    assert "RotateSecret" in done["message"]
    permissions.of("PostgresSingleUser").extend(kept)
    assert results(f"{name} --file {file}") == {name: "moved"}


def test_what_another_service_or_nothing_rotates_is_left_alone(world: World) -> None:
    world.service.client().create_secret(Name="idle", SecretString="{}")
    (done,) = told("idle")
    assert "it has no rotation function; attach one with `rotctl attach idle --f" in done["message"]
    secret = secrets._of({"Name": "rds!x", "ARN": "arn", "OwningService": "rds"} | MADE, {})
    aws = Aws()
    (move,) = plan([secret], Functions(aws), Chooser(aws, Functions(aws), "", {}), owned=False)
    assert move.stopped == "the service rds rotates it; leave it to that service"


@pytest.mark.usefixtures("world")
def test_from_one_of_ours_it_is_moved_where_that_is_said(fleet: Fleet, tmp_path: Path) -> None:
    (name,) = fleet.few(1, "Removed")
    assert told(name) == []
    words = f"{name} --function Removed=PostgresSingleUser --file {tmp_path / 'few.json'}"
    assert results(words) == {name: "moved"}
    assert told(words) == []


@pytest.mark.usefixtures("world", "fleet")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("", "adopt takes SECRETs, or one of --prefix, --tag and --all, or --file or --undo alone"),
        ("plain/0 --all", "adopt takes SECRETs, or one of --prefix"),
        ("--undo none.json --file none.json", "adopt takes SECRETs, or one of --prefix"),
        ("--all --function PostgresSingleUser", "--function 'PostgresSingleUser' is not OLD=NEW;"),
        (
            "--undo none.json",
            "none.json cannot be read (FileNotFoundError); give the file of a run",
        ),
        (
            "--file none.json",
            "none.json cannot be read (FileNotFoundError); give the file of a run",
        ),
        ("--undo other.json", "other.json is no file that `rotctl adopt` has written; give the"),
        ("{new} --yes --file none/a.json", "none/a.json cannot be written (FileNotFoundError);"),
    ],
)
def test_what_keeps_it_from_going_on_is_one_line(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, why: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("other.json").write_text('{"secrets": [{"name": "app"}]}')
    (name,) = fleet.few(1) if "{new}" in words else ("",)
    shown = run(f"adopt {words.format(new=name)}")
    assert shown.code == 2
    (line,) = [each for each in shown.err.splitlines() if each.startswith("rotctl: ")]
    assert why in line
    assert not name or fleet.has(name) == SINGLE
