"""Sixty secrets on AWS's functions, with one of each obstacle: moved to ours, and back."""

import os
import re
import shlex
import stat
from pathlib import Path
from unittest import mock

import pytest

from rotators.postgres.testing import PostgresAlternatingTarget
from tests.rotctl.adoption.fleet import MULTI, SINGLE, UNASKED, Fleet, given, results, told
from tests.rotctl.conftest import AWAY
from tests.rotctl.world import Ran, run

# What is left alone, with why and what to do.
LEFT = {
    "odd/both": f" is named or tagged as SecretsManagerRDSMySQLRotationSingleUser and {SINGLE};",
    "odd/copy": "nothing shows what MyRotator rotates; say it: --function MyRotator=PostgresSing",
    "odd/mysql": "no function 'MySqlAlternatingUsers' is found, nor the parameter '/secret-rot",
    "odd/off": "its rotation is switched off, and the move would switch it on; switch it on first",
    "odd/oracle": "no function of ours rotates what SecretsManagerRDSOracleRotationSingleUser does",
    "odd/stack": "it is owned by CloudFormation's stack 'orders' (tag aws:cloudformation:stack-nam",
    "odd/stuck": f"a rotation by {SINGLE} has not ended; have it attempted again: `rotctl rotate",
    "odd/stuck-too": "; or give it up: `aws secretsmanager update-secret-version-stage --secret-id",
    "odd/terraform": "it is owned by Terraform (tag managed-by), which may set its function again;",
}
# What may stand in the way, and does not here.
LOOK = {
    "odd/gone": f"{SINGLE}-gone is gone; know that nothing can be put back to it",
    "odd/key": "a key of yours encrypts it, alias/mine; let the role of PostgresSingleUser use it",
    "odd/vpc": "SecretsManagerorders is in vpc-1, PostgresSingleUser in no VPC; see that Postgres",
}
# What our function refuses: asked before, and in its test. Its error's code, and its words.
BACK = {
    "odd/admin": ("Forbidden", "CREATEROLE"),
    "odd/cname": ("Untrusted", "the server's certificate is for another host"),
    "odd/engine": ("TargetMismatch", "field 'engine' of the secret is not one this function"),
    "odd/password": ("Rejected", "the server rejected the password"),
    "odd/ssl": ("MalformedSecret", "'ssl' switches TLS off"),
}


@pytest.fixture(scope="module")
def sixty(fleet: Fleet) -> Fleet:
    """Forty plain ones and more, and one of each obstacle."""
    service = fleet.world.service
    client = service.client()
    for number in range(42):
        fleet.add(f"plain/{number}")
    pair = PostgresAlternatingTarget(fleet.world.server, "adopted_pair")
    fleet.add("plain/pair", MULTI, pair, masterarn=fleet.admin("able", pair))
    for name in ("odd/off", "odd/stack", "odd/stuck", "odd/stuck-too", "odd/terraform"):
        fleet.add(name)
    fleet.add("odd/copy", "MyRotator")
    fleet.add("odd/both", SINGLE + "-both")
    fleet.add("odd/mysql", "SecretsManagerRDSMySQLRotationMultiUser")
    fleet.add("odd/oracle", "SecretsManagerRDSOracleRotationSingleUser")
    fleet.add("odd/key", key="alias/mine")
    fleet.add("odd/vpc", "SecretsManagerorders")
    fleet.add("odd/gone", SINGLE + "-gone")
    fleet.add("odd/ssl", ssl=False)
    fleet.add("odd/engine", engine="mysql")
    fleet.add("odd/cname", tls_host="orders.example.org")
    fleet.add("odd/password", password="another one")
    fleet.add("odd/admin", MULTI, pair, masterarn=fleet.admin("unable", fleet.user))
    fleet.tag("odd/stack", "aws:cloudformation:stack-name", "orders")
    fleet.tag("odd/terraform", "managed-by", "Terraform")
    client.cancel_rotate_secret(SecretId="odd/off")
    fleet.functions[SINGLE].fails_at = "setSecret"
    for name in ("odd/stuck", "odd/stuck-too"):
        client.rotate_secret(SecretId=name)
        assert service.wait_for_rotation(fleet.arns[name], beyond=1).state == "failed"
    fleet.functions[SINGLE].fails_at = ""
    fleet.remove(SINGLE + "-gone")
    assert len(fleet.arns) == 60
    fleet.before = {name: fleet.describe(name) for name in fleet.arns}
    return fleet


@pytest.fixture(scope="module")
def first(sixty: Fleet) -> Ran:
    """The run that moves what can be moved, where our function cannot be asked before."""
    with mock.patch.dict(os.environ, sixty.world.variables):
        for name in AWAY:
            os.environ.pop(name, None)
        sixty.world.service.settings.refused = UNASKED
        return run(f"adopt --all --yes --output json --file {sixty.file}")


@pytest.mark.usefixtures("world")
def test_the_plan_judges_each_and_changes_nothing_before_a_yes(
    sixty: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run("adopt --prefix odd/", typed="n\n")
    assert shown.code == 1
    rows = re.findall(r"^(\S+/\S+) +.+  (\S.*?) *$", shown.out, re.MULTILINE)
    then = dict(rows)
    odd = {name for name in sixty.arns if name.startswith("odd/")}
    assert then.keys() == odd
    left = {name for name, what in rows if what == "left alone"}
    assert left == LEFT.keys() | BACK.keys()
    assert then["odd/key"] == "PostgresSingleUser"
    assert re.search(f"odd/key .* {SINGLE} +python3.9\\* ", shown.out)
    refused = {name: words for name, (_, words) in BACK.items()}
    for kind, expected in (("left alone", LEFT), ("left alone", refused), ("look", LOOK)):
        for name, why in expected.items():
            lines = re.findall(rf"^{kind}: {name}: .*$", shown.out, re.MULTILINE)
            assert any(why in line for line in lines), (name, lines)
    assert "Not seen yet of these" not in shown.err
    assert f"{len(odd - left)} to move, and {len(left)} left alone" in shown.err
    assert {name: sixty.describe(name) for name in odd} == {n: sixty.before[n] for n in odd}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("world")
def test_what_passes_our_test_is_moved_and_nothing_else_of_it_changes(
    sixty: Fleet, first: Ran
) -> None:
    found = {each["name"]: each for each in first.json()}
    assert first.code == 1
    assert {each["name"] for each in found.values() if each["result"] == "moved"} == (
        sixty.arns.keys() - LEFT.keys() - BACK.keys()
    )
    for name, before in sixty.before.items():
        after = sixty.describe(name)
        assert given(after.pop("RotationRules")) == given(before["RotationRules"])
        function = before["RotationLambdaARN"]
        if found[name]["result"] == "moved":
            kind = "AlternatingUsers" if "MultiUser" in function else "SingleUser"
            function = sixty.world.service.function_arn(f"Postgres{kind}")
        unchanged = {key: value for key, value in before.items() if key != "RotationRules"}
        assert after == {**unchanged, "RotationLambdaARN": function}


@pytest.mark.usefixtures("world")
def test_what_fails_our_test_has_its_function_back_with_why(sixty: Fleet, first: Ran) -> None:
    found = {each["name"]: each for each in first.json()}
    assert {name for name, each in found.items() if each["result"] == "put-back"} == BACK.keys()
    for name, (code, words) in BACK.items():
        assert (found[name]["step"], found[name]["code"]) == ("testSecret", code)
        assert words in found[name]["message"]
        assert "; " in found[name]["message"]  # what to do
        assert "give this rotation up" not in found[name]["message"]
        seen = sixty.functions[sixty.has(name)].seen
        assert seen.count((sixty.arns[name], "testSecret")) == 2  # as it was attached, and put back
    for name, why in LEFT.items():
        assert why in found[name]["message"]


@pytest.mark.usefixtures("first")
def test_the_file_is_its_owners_and_has_the_way_back_and_no_value(sixty: Fleet, first: Ran) -> None:
    assert stat.S_IMODE(sixty.file.stat().st_mode) == 0o600
    assert [each.name for each in sixty.file.parent.iterdir()] == [sixty.file.name]
    entries = sixty.entries()
    assert entries.keys() == sixty.arns.keys() - LEFT.keys()
    for name, entry in entries.items():
        assert entry["arn"] == sixty.arns[name]
        assert entry["old"] == sixty.before[name]["RotationLambdaARN"]
        assert entry["rules"] == given(sixty.before[name]["RotationRules"])
        assert entry["result"] == ("put-back" if name in BACK else "moved")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"])
    assert str(sixty.file) in first.err
    assert "Not seen yet of these: the engine, `ssl: false`" in first.err
    for value in sixty.world.values():
        assert value not in sixty.file.read_text() + first.out + first.err


@pytest.mark.usefixtures("world", "first")
def test_run_again_it_finds_nothing_to_do(sixty: Fleet) -> None:
    known = len(sixty.world.service.calls)
    assert told("--prefix plain/") == []
    assert told(f"--file {sixty.file}") == []
    assert run("adopt --prefix plain/ --yes").code == 0
    made = {call.operation for call in sixty.world.service.calls[known:]}
    assert made == {"ListSecrets", "GetFunctionConfiguration"}


@pytest.mark.usefixtures("world")
def test_each_advice_leads_on(sixty: Fleet, first: Ran, tmp_path: Path) -> None:
    client, file = sixty.world.service.client(), f"--file {tmp_path / 'more.json'}"
    notes = {each["name"]: each["message"] for each in first.json()}
    switch_on = command(notes["odd/off"])
    assert switch_on.pop("") == "rotate-secret"
    client.rotate_secret(SecretId=switch_on["secret-id"], RotateImmediately=False)
    sixty.world.service.wait_for_rotation(sixty.arns["odd/off"], beyond=1)
    assert run("rotctl rotate odd/stuck".removeprefix("rotctl ")).code == 0
    give_up = command(notes["odd/stuck-too"])
    assert give_up.pop("") == "update-secret-version-stage"
    client.update_secret_version_stage(
        SecretId=give_up["secret-id"],
        VersionStage=give_up["version-stage"],
        RemoveFromVersionId=give_up["remove-from-version-id"],
    )
    say = " ".join(
        f"--function {sixty.has(each)}=PostgresSingleUser" for each in ("odd/copy", "odd/both")
    )
    names = ["odd/off", "odd/stuck", "odd/stuck-too", "odd/copy", "odd/both"]
    owned = ["odd/stack", "odd/terraform"]
    done = results(f"{' '.join(names + owned)} {say} --owned {file}")
    assert done == dict.fromkeys(names + owned, "moved")


def command(note: str) -> dict[str, str]:
    """The last `aws secretsmanager` command in it: its operation and its options."""
    *_, text = re.findall("`aws secretsmanager (.*?)`", note)
    operation, *words = shlex.split(text)
    pairs = " ".join(words).split("--")[1:]
    return {"": operation, **{k: v.strip() for k, _, v in (each.partition(" ") for each in pairs)}}


@pytest.mark.usefixtures("world", "first")
def test_undo_puts_each_back_and_then_finds_nothing(sixty: Fleet) -> None:
    assert run(f"adopt --undo {sixty.file}", typed="n\n").code == 1
    shown = run(f"adopt --undo {sixty.file} --yes --output json")
    moved = sixty.arns.keys() - LEFT.keys() - BACK.keys()
    gone = {"odd/gone"}
    found = {each["name"]: each for each in shown.json()}
    assert shown.code == 1
    assert {name for name in found if found[name]["result"] == "put-back"} == moved - gone
    assert found["odd/gone"]["message"] == f"the function {SINGLE}-gone is gone; deploy it again"
    for name in moved - gone:
        after, before = sixty.describe(name), sixty.before[name]
        assert given(after.pop("RotationRules")) == given(before["RotationRules"])
        assert after == {key: value for key, value in before.items() if key != "RotationRules"}
    sixty.function(SINGLE + "-gone")
    assert told(f"--undo {sixty.file}")[0]["result"] == "put-back"
    assert sixty.has("odd/gone") == SINGLE + "-gone"
    shown = run(f"adopt --undo {sixty.file} --yes")
    assert (shown.code, shown.out) == (0, "none\n")
