"""Sixty secrets on stand-ins for AWS's functions, moved to the real ones, and back."""

import json
import os
import re
import shlex
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from rich.progress import Progress as Bar

from local.bootstrap import ROOT
from local.functions.home import Configuration
from local.secrets_manager import SecretsManager
from rotators.postgres.testing import PostgresAlternatingTarget, PostgresTarget
from rotctl.adoption.choice import Chooser
from rotctl.adoption.origin import TAKEN
from rotctl.adoption.owner import owner
from rotctl.adoption.plan import plan
from rotctl.aws import permission, secrets
from rotctl.aws.functions import Function, Functions
from rotctl.aws.session import Aws
from rotctl.output.moves import is_ended
from rotctl.state import following
from rotctl.state.following import Follower
from shared.errors import GIVE_UP
from tests.rotctl.conftest import AWAY
from tests.rotctl.world import Ran, World, run

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager.type_defs import RotationRulesTypeTypeDef

SINGLE = "SecretsManagerRDSPostgreSQLRotationSingleUser"
MULTI = "SecretsManagerRDSPostgreSQLRotationMultiUser"
DENIED = "AccessDeniedException"
RULES: list["RotationRulesTypeTypeDef"] = [
    {"AutomaticallyAfterDays": 30},
    {"ScheduleExpression": "cron(0 3 1 * ? *)", "Duration": "2h"},
    {"ScheduleExpression": "rate(10 days)"},
]
# What is left alone, with why and what to do.
LEFT = {
    "odd/both": f" is named or tagged as SecretsManagerRDSMySQLRotationSingleUser and {SINGLE};",
    "odd/copy": "nothing shows what MyRotator rotates; say it: --function MyRotator=PostgresSing",
    "odd/mysql": "no function 'MySqlSingleUser' is found, nor the parameter '/secret-rotators/MyS",
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


@dataclass
class AwsFunction:
    """A stand-in: it rotates to the value that is current, and fails in the step `fails_at`."""

    service: SecretsManager
    fails_at: str = ""
    seen: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, event: Mapping[str, str], _context: object) -> None:
        client, arn = self.service.client(), event["SecretId"]
        step, token = event["Step"], event["ClientRequestToken"]
        self.seen.append((arn, step))
        if step == self.fails_at:
            raise ValueError("Unable to log into database")
        if step == "createSecret":
            value = client.get_secret_value(SecretId=arn)["SecretString"]
            given = {"SecretId": arn, "ClientRequestToken": token, "SecretString": value}
            client.put_secret_value(**given, VersionStages=["AWSPENDING"])
        if step == "finishSecret":
            versions = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
            (current,) = [each for each, labels in versions.items() if "AWSCURRENT" in labels]
            moved = {"MoveToVersionId": token, "RemoveFromVersionId": current}
            client.update_secret_version_stage(SecretId=arn, VersionStage="AWSCURRENT", **moved)


@dataclass
class Fleet:
    """The sixty, by name; `before` is what DescribeSecret said of each, `adopted` the first run."""

    world: World
    file: Path
    arns: dict[str, str] = field(default_factory=dict)
    functions: dict[str, AwsFunction] = field(default_factory=dict)
    before: dict[str, dict[str, Any]] = field(default_factory=dict)

    def function(self, name: str, *, made_of: str = "", **network: object) -> str:
        """AWS's function of that name, as its stack has tagged it; its ARN."""
        where = f"arn:aws:serverlessrepo:us-east-1:297356227824:applications/{made_of}"
        tags = {"serverlessrepo:applicationId": where} if made_of else {}
        made = AwsFunction(self.world.service)
        self.functions[name] = made
        handler = "lambda_function.lambda_handler"
        configured = Configuration(handler, 30, 128, "python3.9", network, tags)
        return self.world.service.add_function(name, made, configured)

    def add(
        self,
        name: str,
        function: str = SINGLE,
        target: PostgresTarget | None = None,
        *,
        key: str = "",
        **document: object,
    ) -> None:
        """A secret that has been attached and tested, with one of three schedules."""
        client, service = self.world.service.client(), self.world.service
        target = target or self.user
        value = json.dumps({**target.document, **document})
        arn = client.create_secret(Name=name, SecretString=value)["ARN"]
        if key:
            client.update_secret(SecretId=arn, KmsKeyId=key)
        self.world.home.targets[arn] = target
        self.arns[name] = arn
        rules = RULES[len(self.arns) % len(RULES)]
        client.rotate_secret(
            SecretId=arn,
            RotationLambdaARN=service.function_arn(function),
            RotationRules=rules,
            RotateImmediately=False,
        )
        service.wait_for_rotation(arn)

    def __post_init__(self) -> None:
        self.user = PostgresTarget(self.world.server, "adopted")

    def describe(self, name: str) -> dict[str, Any]:
        """Without what reading it changes."""
        answer = dict(self.world.service.client().describe_secret(SecretId=name))
        return {k: v for k, v in answer.items() if k not in {"ResponseMetadata", *MOMENTS}}

    def has(self, name: str) -> str:
        """The name of its function."""
        return str(self.describe(name)["RotationLambdaARN"]).rpartition(":")[2]

    def tag(self, name: str, key: str, value: str) -> None:
        """As AWS's own services may, whose keys nobody else may use."""
        state = self.world.service._regions[self.world.service.region].state
        state.find({"SecretId": name}).tags = {key: value}

    def entries(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in json.loads(self.file.read_text())["secrets"]}


MOMENTS = ("LastAccessedDate", "LastChangedDate")


@pytest.fixture(scope="module")
def fleet(running_world: World, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """Forty plain ones, and one of each obstacle."""
    service, home = running_world.service, running_world.home
    client = service.client()
    home.named |= {"PostgresAlternatingUsers": "PostgresAlternatingUsers"}
    made = Fleet(running_world, tmp_path_factory.mktemp("journal") / "adopt.json")
    for name in (SINGLE, MULTI, "MyRotator", "SecretsManagerRDSOracleRotationSingleUser"):
        made.function(name)
    made.function("SecretsManagerRDSMySQLRotationSingleUser")
    made.function(SINGLE + "-both", made_of="SecretsManagerRDSMySQLRotationSingleUser")
    network = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    made.function("SecretsManagerorders", made_of=SINGLE, **network)
    made.function(SINGLE + "-gone")
    for number in range(42):
        made.add(f"plain/{number}")
    pair = PostgresAlternatingTarget(running_world.server, "adopted_pair")
    made.add("plain/pair", MULTI, pair, masterarn=_admin(made, "able", pair))
    for name in ("odd/off", "odd/stack", "odd/stuck", "odd/stuck-too", "odd/terraform"):
        made.add(name)
    made.add("odd/copy", "MyRotator")
    made.add("odd/both", SINGLE + "-both")
    made.add("odd/mysql", "SecretsManagerRDSMySQLRotationSingleUser")
    made.add("odd/oracle", "SecretsManagerRDSOracleRotationSingleUser")
    made.add("odd/key", key="alias/mine")
    made.add("odd/vpc", "SecretsManagerorders")
    made.add("odd/gone", SINGLE + "-gone")
    made.add("odd/ssl", ssl=False)
    made.add("odd/engine", engine="mysql")
    made.add("odd/cname", tls_host="orders.example.org")
    made.add("odd/password", password="another one")
    made.add("odd/admin", MULTI, pair, masterarn=_admin(made, "unable", made.user))
    made.tag("odd/stack", "aws:cloudformation:stack-name", "orders")
    made.tag("odd/terraform", "managed-by", "Terraform")
    client.cancel_rotate_secret(SecretId="odd/off")
    made.functions[SINGLE].fails_at = "setSecret"
    for name in ("odd/stuck", "odd/stuck-too"):
        client.rotate_secret(SecretId=name)
        assert service.wait_for_rotation(made.arns[name], beyond=1).state == "failed"
    made.functions[SINGLE].fails_at = ""
    del service.home._handlers[SINGLE + "-gone"]  # type: ignore[attr-defined]
    del service.home._configured[SINGLE + "-gone"]  # type: ignore[attr-defined]
    assert len(made.arns) == 60
    made.before = {name: made.describe(name) for name in made.arns}
    return made


def _admin(fleet: Fleet, name: str, who: PostgresTarget) -> str:
    """The ARN of an admin's secret: the server's own admin, or a user without any right."""
    server = fleet.world.server
    admin = {"username": server.admin, "password": server.password}
    document = {**who.document, **(admin if name == "able" else {})}
    made = fleet.world.service.client().create_secret(
        Name=f"admin-{name}", SecretString=json.dumps(document)
    )
    return made["ARN"]


@pytest.fixture(scope="module")
def first(fleet: Fleet) -> Ran:
    """The run that moves what can be moved, where our function cannot be asked before."""
    with mock.patch.dict(os.environ, fleet.world.variables):
        for name in AWAY:
            os.environ.pop(name, None)
        fleet.world.service.settings.refused = UNASKED
        return run(f"adopt --all --yes --output json --file {fleet.file}")


# As at AWS, where it may use no secret before it is attached.
UNASKED = {"Invoke": DENIED}


def told(words: str) -> list[dict[str, Any]]:
    """What became of each, with `--yes`."""
    shown = run(f"adopt {words} --yes --output json")
    assert shown.code in {0, 1}, shown.err
    return shown.json()


def results(words: str) -> dict[str, str]:
    return {each["name"]: each["result"] for each in told(words)}


@pytest.mark.usefixtures("world")
def test_the_plan_judges_each_and_changes_nothing_before_a_yes(
    fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shown = run("adopt --prefix odd/", typed="n\n")
    assert shown.code == 1
    rows = re.findall(r"^(\S+/\S+) +.+  (\S.*?) *$", shown.out, re.MULTILINE)
    then = dict(rows)
    odd = {name for name in fleet.arns if name.startswith("odd/")}
    assert then.keys() == odd
    left = {name for name, what in rows if what == "left alone"}
    assert left - {"odd/admin"} == (LEFT.keys() | BACK.keys()) - {"odd/admin"}
    assert then["odd/key"] == "PostgresSingleUser"
    assert re.search(f"odd/key .* {SINGLE} +python3.9\\* ", shown.out)
    refused = {name: words for name, (_, words) in BACK.items() if name != "odd/admin"}
    for kind, expected in (("left alone", LEFT), ("left alone", refused), ("look", LOOK)):
        for name, why in expected.items():
            (line,) = re.findall(rf"^{kind}: {name}: .*$", shown.out, re.MULTILINE)
            assert why in line
    assert "Not seen yet of these" not in shown.err
    assert f"{len(odd - left)} to move, and {len(left)} left alone" in shown.err
    assert {name: fleet.describe(name) for name in odd} == {n: fleet.before[n] for n in odd}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("world")
def test_what_passes_our_test_is_moved_and_nothing_else_of_it_changes(
    fleet: Fleet, first: Ran
) -> None:
    found = {each["name"]: each for each in first.json()}
    assert first.code == 1
    assert {each["name"] for each in found.values() if each["result"] == "moved"} == (
        fleet.arns.keys() - LEFT.keys() - BACK.keys()
    )
    for name, before in fleet.before.items():
        after = fleet.describe(name)
        assert given(after.pop("RotationRules")) == given(before["RotationRules"])
        function = before["RotationLambdaARN"]
        if found[name]["result"] == "moved":
            kind = "AlternatingUsers" if "MultiUser" in function else "SingleUser"
            function = fleet.world.service.function_arn(f"Postgres{kind}")
        unchanged = {key: value for key, value in before.items() if key != "RotationRules"}
        assert after == {**unchanged, "RotationLambdaARN": function}


def given(rules: Mapping[str, object]) -> dict[str, object]:
    """Without the days that a rotation leaves beside an expression."""
    days = "AutomaticallyAfterDays" if "ScheduleExpression" in rules else ""
    return {key: value for key, value in rules.items() if key != days}


@pytest.mark.usefixtures("world")
def test_what_fails_our_test_has_its_function_back_with_why(fleet: Fleet, first: Ran) -> None:
    found = {each["name"]: each for each in first.json()}
    assert {name for name, each in found.items() if each["result"] == "put-back"} == BACK.keys()
    for name, (code, words) in BACK.items():
        assert (found[name]["step"], found[name]["code"]) == ("testSecret", code)
        assert words in found[name]["message"]
        assert "; " in found[name]["message"]  # what to do
        assert "give this rotation up" not in found[name]["message"]
        seen = fleet.functions[fleet.has(name)].seen
        assert seen.count((fleet.arns[name], "testSecret")) == 2  # as it was attached, and put back
    for name, why in LEFT.items():
        assert why in found[name]["message"]


@pytest.mark.usefixtures("first")
def test_the_file_is_its_owners_and_has_the_way_back_and_no_value(fleet: Fleet, first: Ran) -> None:
    assert stat.S_IMODE(fleet.file.stat().st_mode) == 0o600
    assert [each.name for each in fleet.file.parent.iterdir()] == [fleet.file.name]
    entries = fleet.entries()
    assert entries.keys() == fleet.arns.keys() - LEFT.keys()
    for name, entry in entries.items():
        assert entry["arn"] == fleet.arns[name]
        assert entry["old"] == fleet.before[name]["RotationLambdaARN"]
        assert entry["rules"] == given(fleet.before[name]["RotationRules"])
        assert entry["result"] == ("put-back" if name in BACK else "moved")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", entry["time"])
    assert str(fleet.file) in first.err
    assert "Not seen yet of these: the engine, `ssl: false`" in first.err
    for value in fleet.world.values():
        assert value not in fleet.file.read_text() + first.out + first.err


@pytest.mark.usefixtures("world", "first")
def test_run_again_it_finds_nothing_to_do(fleet: Fleet) -> None:
    known = len(fleet.world.service.calls)
    assert told("--prefix plain/") == []
    assert told(f"--file {fleet.file}") == []
    assert run("adopt --prefix plain/ --yes").code == 0
    made = {call.operation for call in fleet.world.service.calls[known:]}
    assert made == {"ListSecrets", "GetFunctionConfiguration"}


@pytest.mark.usefixtures("world")
def test_each_advice_leads_on(fleet: Fleet, first: Ran, tmp_path: Path) -> None:
    client, file = fleet.world.service.client(), f"--file {tmp_path / 'more.json'}"
    notes = {each["name"]: each["message"] for each in first.json()}
    switch_on = command(notes["odd/off"])
    assert switch_on.pop("") == "rotate-secret"
    client.rotate_secret(SecretId=switch_on["secret-id"], RotateImmediately=False)
    fleet.world.service.wait_for_rotation(fleet.arns["odd/off"], beyond=1)
    assert run("rotctl rotate odd/stuck".removeprefix("rotctl ")).code == 0
    give_up = command(notes["odd/stuck-too"])
    assert give_up.pop("") == "update-secret-version-stage"
    client.update_secret_version_stage(
        SecretId=give_up["secret-id"],
        VersionStage=give_up["version-stage"],
        RemoveFromVersionId=give_up["remove-from-version-id"],
    )
    say = " ".join(
        f"--function {fleet.has(each)}=PostgresSingleUser" for each in ("odd/copy", "odd/both")
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
def test_undo_puts_each_back_and_then_finds_nothing(fleet: Fleet) -> None:
    assert run(f"adopt --undo {fleet.file}", typed="n\n").code == 1
    shown = run(f"adopt --undo {fleet.file} --yes --output json")
    moved = fleet.arns.keys() - LEFT.keys() - BACK.keys()
    gone = {"odd/gone"}
    found = {each["name"]: each for each in shown.json()}
    assert shown.code == 1
    assert {name for name in found if found[name]["result"] == "put-back"} == moved - gone
    assert found["odd/gone"]["message"] == f"the function {SINGLE}-gone is gone; deploy it again"
    for name in moved - gone:
        after, before = fleet.describe(name), fleet.before[name]
        assert given(after.pop("RotationRules")) == given(before["RotationRules"])
        assert after == {key: value for key, value in before.items() if key != "RotationRules"}
    fleet.function(SINGLE + "-gone")
    assert told(f"--undo {fleet.file}")[0]["result"] == "put-back"
    assert fleet.has("odd/gone") == SINGLE + "-gone"
    shown = run(f"adopt --undo {fleet.file} --yes")
    assert (shown.code, shown.out) == (0, "none\n")


@dataclass
class Few:
    """Some more secrets of their own, and the file of their runs."""

    fleet: Fleet
    file: Path
    prefix: str

    def add(self, number: int, function: str = SINGLE, **document: Any) -> list[str]:  # noqa: ANN401 as Fleet.add takes it
        names = [f"{self.prefix}{uuid.uuid4().hex[:6]}" for _ in range(number)]
        for name in names:
            self.fleet.add(name, function, **document)
        return names

    def results(self) -> dict[str, str]:
        entries = json.loads(self.file.read_text())["secrets"]
        return {each["name"]: each["result"] for each in entries}


MADE = {"CreatedDate": datetime(2026, 11, 30, tzinfo=UTC), "RotationEnabled": True}


@pytest.fixture
def few(fleet: Fleet, tmp_path: Path) -> Few:
    return Few(fleet, tmp_path / "few.json", f"few/{uuid.uuid4().hex[:6]}/")


@pytest.mark.usefixtures("world")
def test_an_interrupted_run_goes_on_with_its_file(few: Few) -> None:
    names = few.add(3)
    with mock.patch.object(Bar, "advance", side_effect=KeyboardInterrupt):
        shown = run(f"adopt --prefix {few.prefix} --yes --at-once 1 --file {few.file}")
    assert shown.code == 1
    assert "not begun" in shown.out
    assert f"`rotctl adopt --file {few.file}` goes on" in shown.err
    assert set(few.results().values()) != {"moved"}
    assert run(f"adopt --file {few.file} --yes").code == 0
    assert few.results() == dict.fromkeys(names, "moved")


def test_what_was_attached_and_not_seen_to_pass_is_tested_again(world: World, few: Few) -> None:
    """As if the machine had lost its power between RotateSecret and the test's end."""
    world.service.settings.refused = UNASKED
    good, bad = few.add(1)[0], few.add(1, password="another one")[0]
    with mock.patch.object(Follower, "follow", side_effect=ZeroDivisionError):
        for name in (good, bad):
            with pytest.raises(ZeroDivisionError):
                run(f"adopt {name} --yes --file {few.file}")
    for name in (good, bad):
        assert few.fleet.has(name) == "PostgresSingleUser"
        world.service.wait_for_rotation(few.fleet.arns[name], beyond=1)
    assert few.results() == {good: "not-ended", bad: "not-ended"}
    assert results(f"--file {few.file}") == {good: "moved", bad: "put-back"}
    assert few.fleet.has(bad) == SINGLE


def test_a_test_that_nothing_is_known_of_has_not_passed(world: World, few: Few) -> None:
    (name,) = few.add(1)
    world.home.kill_at = {"testSecret"}
    with mock.patch.object(following, "_LATE", 0.5):
        (done,) = told(f"{name} --file {few.file}")
    assert done["result"] == "put-back"
    assert "no line of the function says how its test ended" in done["message"]
    assert few.fleet.has(name) == SINGLE


def test_one_that_has_changed_meanwhile_is_left_alone(world: World, few: Few) -> None:
    moved, other, off = few.add(3)
    assert results(f"{moved} {other} {off} --file {few.file}") == dict.fromkeys(
        (moved, other, off), "moved"
    )
    client = world.service.client()
    client.rotate_secret(
        SecretId=other,
        RotationLambdaARN=world.service.function_arn("MyRotator"),
        RotateImmediately=False,
    )
    client.cancel_rotate_secret(SecretId=off)
    found = {each["name"]: each["message"] for each in told(f"--undo {few.file}")}
    assert found == {
        moved: None,
        other: "its function is MyRotator now",
        off: "its rotation is switched off, and this would switch it on",
    }


def test_without_the_functions_log_nothing_is_begun(world: World, few: Few) -> None:
    (name,) = few.add(1)
    world.service.settings.refused = {"FilterLogEvents": DENIED}
    shown = run(f"adopt {name} --yes --file {few.file}")
    assert shown.code == 2
    assert "ask for the right logs:FilterLogEvents" in shown.err
    assert few.fleet.has(name) == SINGLE
    assert not few.file.exists()


def test_a_right_that_is_missing_is_told_with_what_is_left_alone(world: World, few: Few) -> None:
    named, tagged = few.add(1)[0], few.add(1, "SecretsManagerorders")[0]
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


def test_a_function_that_may_not_be_invoked_is_seen_before(world: World, few: Few) -> None:
    (name,) = few.add(1)
    permissions = world.service.permissions
    kept = permissions.of("PostgresSingleUser")
    permissions.remove_all("PostgresSingleUser")
    (done,) = told(name)
    assert done["message"].startswith("Secrets Manager may not invoke PostgresSingleUser; let it")
    assert "aws lambda add-permission --function-name arn:aws:lambda:" in done["message"]
    with mock.patch.object(permission.Permission, "lets_invoke", return_value=True):
        (done,) = told(f"{name} --file {few.file}")
    assert done["result"] == "left-alone"
    assert "RotateSecret" in done["message"]
    permissions.of("PostgresSingleUser").extend(kept)
    assert results(f"{name} --file {few.file}") == {name: "moved"}


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
    (name,) = Few(fleet, tmp_path, "unwritten/").add(1) if "{new}" in words else ("",)
    shown = run(f"adopt {words.format(new=name)}")
    assert shown.code == 2
    (line,) = [each for each in shown.err.splitlines() if each.startswith("rotctl: ")]
    assert why in line
    assert not name or fleet.has(name) == SINGLE


def test_what_another_service_or_nothing_rotates_is_left_alone(world: World) -> None:
    world.service.client().create_secret(Name="idle", SecretString="{}")
    (done,) = told("idle")
    assert "it has no rotation function; attach one with `rotctl attach idle --f" in done["message"]
    secret = secrets._of({"Name": "rds!x", "ARN": "arn", "OwningService": "rds"} | MADE, {})
    aws = Aws()
    (move,) = plan([secret], Functions(aws), Chooser(aws, Functions(aws), "", {}), owned=False)
    assert move.stopped == "the service rds rotates it; leave it to that service"


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"aws:cloudformation:stack-name": "orders"}, "CloudFormation's stack 'orders'"),
        ({"Terraform": "true"}, "Terraform (tag Terraform)"),
        ({"ManagedBy": "terraform"}, "Terraform (tag ManagedBy)"),
        ({"team": "data", "aws:cloudformation:stack-name": ""}, ""),
        ({}, ""),
    ],
)
def test_an_owner_is_told_by_a_tag(tags: dict[str, str], says: str) -> None:
    assert owner(tags).startswith(says)
    assert bool(owner(tags)) is bool(says)


def test_the_page_has_awss_templates_and_the_python_that_ends() -> None:
    page = (ROOT / "docs/from-aws-functions.md").read_text()
    rows = re.findall(r"^\| (SecretsManager.*?) \| `(\w+)` \|$", page, re.MULTILINE)
    assert {old: new for olds, new in rows for old in olds.split(", ")} == TAKEN
    (listed,) = re.findall(r"contains\(\[('python.*?')\]", page)
    ended = {each: is_ended(Function("", "", "", runtime=each)) for each in RUNTIMES}
    assert {each for each, has_ended in ended.items() if has_ended} == set(
        listed.replace("'", "").split(", ")
    )


RUNTIMES = [f"python{each}" for each in ("2.7", *(f"3.{n}" for n in range(6, 15)))] + ["nodejs20.x"]


def test_a_fault_of_a_test_leaves_nothing_to_give_up() -> None:
    """What rotctl leaves out of a test's message is what the functions say."""
    assert f"; {GIVE_UP}".startswith(following._GIVING_UP)
