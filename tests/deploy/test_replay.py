"""`make replay`: each event file, against the built function and a secret made for it."""

import io
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer
from psycopg import sql
from rich.console import Console

from local import template
from local.build import artifacts
from local.functions.emulator import Emulator, built_functions
from local.functions.home import Home
from local.processes.children import free_port
from local.replay import __main__ as program
from local.replay.request import ALL, EVENTS, RefusedError, read_request
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.system import System, open_targets, settings_of
from local.targets import Place, registry
from rotators.postgres.testing import PostgresTarget
from tests.faults.leaks import confidential, forms, search

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
# What the old and the new version look like after each step: labels, and what the target accepts.
# No service ends a replayed rotation, so AWSPENDING stays where it is (fact 11).
PASSWORD = {
    "createSecret": (("CURRENT", "✓"), ("PENDING", "– → ✗")),
    "setSecret": (("CURRENT", "✓ → ✗"), ("PENDING", "✗ → ✓")),
    "testSecret": (("CURRENT", "✗"), ("PENDING", "✓")),
    "finishSecret": (("CURRENT → PREVIOUS", "✗"), ("PENDING → CURRENT+PENDING", "✓")),
}
KEY = {
    "createSecret": (("CURRENT", "✓"), ("PENDING", "– → ✓")),
    "setSecret": (("CURRENT", "✓"), ("PENDING", "✓")),
    "testSecret": (("CURRENT", "✓"), ("PENDING", "✓")),
    "finishSecret": (("CURRENT → PREVIOUS", "✓"), ("PENDING → CURRENT+PENDING", "✓")),
}
PAIR = {
    "createSecret": (("CURRENT", "✓"), ("PENDING", "– → ✗")),
    "setSecret": (("CURRENT", "✓"), ("PENDING", "✗ → ✓")),
    "testSecret": (("CURRENT", "✓"), ("PENDING", "✓")),
    "finishSecret": (("CURRENT → PREVIOUS", "✓"), ("PENDING → CURRENT+PENDING", "✓")),
}
REPLACED = {**KEY, "finishSecret": (("CURRENT → PREVIOUS", "✓ → ✗"), KEY["finishSecret"][1])}
# (whether it overlaps, whether it has to be installed) -> what is to be seen
EXPECTED = {
    (False, True): PASSWORD,
    (True, False): KEY,
    (True, True): PAIR,
    (False, False): REPLACED,
}
Main = Callable[[System, str, str], tuple[int, str]]

CASES = [(offer.function, name) for name, offer in registry.targets().items()]
FUNCTIONS = list(template.functions())


class Heard:
    """A home that keeps the events it was invoked with."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self.events: list[Mapping[str, object]] = []

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        self.events.append(event)
        self._home.invoke(function, event)


@pytest.fixture(scope="module")
def functions(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory, place: Place
) -> Iterator[tuple[Emulator, int, Path]]:
    """The built functions, warm for all tests here; the port they look for the service at."""
    logs, port = tmp_path_factory.mktemp("functions"), free_port()
    environment = {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{port}",
        "TLS_CA_BUNDLE": str(authority.ca),
        "ALLOW_PRIVATE_ISSUERS": "true",
        **settings_of(open_targets(["iam"], place).values()),  # no secret says where IAM is
    }
    with Emulator(built_functions(), logs=logs, environment=environment) as emulator:
        yield emulator, port, logs


@pytest.fixture
def running(
    functions: tuple[Emulator, int, Path], place: Place
) -> Iterator[Callable[[str], System]]:
    """A system with the target and a service of this test's own; its values are in no log."""
    emulator, port, logs = functions
    with SecretsManager(Heard(emulator), port=port) as service:
        yield lambda name: System(service, open_targets([name], place), logs)
        made = values(service.client())
    assert len(made) >= 2
    assert "START RequestId" in "".join(log.read_text() for log in logs.iterdir())
    assert search({form for value in made for form in forms(value)}, logs) == []


def replay(running: System, function: str, step: str, target: str) -> tuple[bool, str]:
    """Whether it succeeded, and all that a person sees."""
    shown = io.StringIO()
    console = Console(file=shown, width=100)
    return program.replay(running, read_request(function, step, target), console), shown.getvalue()


def event(function: str, step: str) -> dict[str, str]:
    return dict(json.loads((EVENTS / function / f"{step}.json").read_text()))


def values(client: "SecretsManagerClient") -> set[str]:
    """Every secret value the service has, whole and in its parts."""
    found = set()
    for secret in client.list_secrets()["SecretList"]:
        arn = secret["ARN"]
        listed = client.list_secret_version_ids(SecretId=arn, IncludeDeprecated=True)["Versions"]
        for version in listed:
            answer = client.get_secret_value(SecretId=arn, VersionId=version["VersionId"])
            found |= set(confidential(json.loads(answer["SecretString"])))
    return found


def rows(shown: str) -> list[tuple[str, str, str]]:
    """Of the table's lines: the version, its labels, what the target accepts."""
    found = re.findall(r"^(?:old|new)  (\S+)  (\S.*?) {2,}(\S.*?) *$", shown, re.MULTILINE)
    return [(version, labels, accepted) for version, labels, accepted in found]


def test_each_function_has_a_target_to_be_replayed_on() -> None:
    assert {function for function, _ in CASES} == set(FUNCTIONS)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("function", "name"), CASES)
def test_a_step_is_replayed_after_the_ones_before_it(
    function: str, name: str, step: str, running: Callable[[str], System]
) -> None:
    system = running(name)
    succeeded, shown = replay(system, function, step, name)
    assert succeeded, shown
    home = system.service.home
    assert isinstance(home, Heard)
    before = STEPS[: STEPS.index(step)]
    assert home.events == [event(function, each) for each in (*before, step)]
    assert re.findall(r"· earlier step (\w+) done", shown) == list(before)
    assert f"\n{step} succeeded in " in shown
    old, new = rows(shown)
    target = system.targets[name]
    expected = EXPECTED[target.overlaps, target.installs][step]
    assert (old[1:], new[1:]) == expected
    assert new[0] == event(function, step)["ClientRequestToken"]
    assert re.search(r"AWS calls \([1-9]\d*\): \w+", shown)
    assert set(re.findall(r'"step":"(\w+)"', shown)) == {step}  # its log lines, and no other's
    assert "RequestId" not in shown
    secrets = values(system.service.client()) | {event(function, step)["RotationToken"]}
    assert len(secrets) >= 3
    assert not [value for value in secrets if value in shown]


def test_all_shows_the_four(running: Callable[[str], System]) -> None:
    succeeded, shown = replay(running("api-key"), "HttpApiKey", ALL, "api-key")
    assert succeeded
    assert re.findall(r"^(\w+) succeeded in", shown, re.MULTILINE) == list(STEPS)
    assert "earlier" not in shown
    assert [row[1:] for row in rows(shown)] == [row for step in STEPS for row in KEY[step]]


@pytest.fixture
def changed_by_hand(running: Callable[[str], System]) -> System:
    """A PostgreSQL user whose password is in no version of the secret."""
    system = running("postgres")
    target = system.targets["postgres"]
    assert isinstance(target, PostgresTarget)
    with target.admin() as connection:
        role = sql.Identifier(str(target.document["username"]))
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD 'another'").format(role))
    return system


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Main:
    """The program on a system that is there already: its exit code and output."""
    monkeypatch.setattr(signal, "signal", lambda *_: None)

    def run(system: System, function: str, step: str) -> tuple[int, str]:
        @contextmanager
        def there(*_: object, **__: object) -> Iterator[System]:
            yield system

        monkeypatch.setattr(program, "running_system", there)
        code = 0
        try:
            program.main(function, step)
        except typer.Exit as ended:
            code = ended.exit_code
        return code, capsys.readouterr().out

    return run


def test_a_step_that_fails_tells_the_typed_error_and_exits_with_1(
    changed_by_hand: System, main: Main
) -> None:
    code, shown = main(changed_by_hand, "PostgresSingleUser", "setSecret")
    assert code == 1
    assert "· earlier step createSecret done" in shown
    outcome = r"^setSecret failed in \d+ ms\nRejected: setSecret: .+; .+$"
    assert re.search(outcome, shown, re.MULTILINE)
    assert [row[1:] for row in rows(shown)] == [("CURRENT", "✗"), ("PENDING", "✗")]
    assert '"code":"Rejected"' in shown


def test_an_earlier_step_that_fails_is_shown_whole_and_ends_it(
    changed_by_hand: System, main: Main
) -> None:
    code, shown = main(changed_by_hand, "PostgresSingleUser", "finishSecret")
    assert code == 1
    assert "\nRejected: setSecret: " in shown
    assert "testSecret" not in shown
    assert "finishSecret" not in shown


def test_a_step_that_succeeds_exits_with_0(running: Callable[[str], System], main: Main) -> None:
    code, shown = main(running("api-key"), "HttpApiKey", "")
    assert code == 0
    assert "finishSecret succeeded" in shown


# --- what is not there ---


@pytest.mark.parametrize(
    ("arguments", "problem", "known"),
    [
        (("Postgres", "setSecret", None), "no function 'Postgres'", FUNCTIONS),
        (("", "", None), "no function is given", FUNCTIONS),
        (("../events/HttpApiKey", "setSecret", None), "no function '../", FUNCTIONS),
        (("HttpApiKey", "set", None), "no step 'set' of HttpApiKey", [*STEPS, ALL]),
        (("HttpApiKey", ALL, "mysql"), "no target 'mysql' for HttpApiKey", ["api-key", "rabbitmq"]),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(
    arguments: tuple[str, str, str | None],
    problem: str,
    known: list[str],
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit) as ended:
        program.main(*arguments)
    assert ended.value.exit_code == 2
    message = capsys.readouterr().err
    assert problem in message
    assert f"; choose from {', '.join(known)}\n" in message


@pytest.mark.parametrize(
    ("function", "usual", "other"),
    [
        ("MySqlSingleUser", "mysql", "mariadb"),
        ("MySqlAlternatingUsers", "mysql-alternating", "mariadb-alternating"),
    ],
)
def test_mysql_is_replayed_on_mysql_or_on_mariadb(function: str, usual: str, other: str) -> None:
    assert read_request(function, ALL).target == usual
    assert read_request(function, ALL, other).target == other


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"Step": "testSecret"}, "its Step is testSecret; it must be setSecret"),
        ({"Step": "no"}, "'Step' is not one of"),
        ({"ClientRequestToken": None}, "'ClientRequestToken' is missing"),
        ({"ClientRequestToken": "x" * 32}, "not of one rotation"),
        ({"SecretId": "demo/postgres"}, "'demo/postgres' is not the full ARN of a secret"),
    ],
)
def test_a_file_that_is_no_event_of_this_rotation_is_refused(
    change: dict[str, str | None], problem: str, tmp_path: Path
) -> None:
    shutil.copytree(EVENTS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "PostgresSingleUser" / "setSecret.json"
    path.write_text(json.dumps({**event("PostgresSingleUser", "setSecret"), **change}))
    with pytest.raises(RefusedError, match=re.escape(problem)):
        read_request("PostgresSingleUser", "finishSecret", folder=tmp_path)


def test_a_file_that_is_no_json_or_is_missing_is_refused(tmp_path: Path) -> None:
    shutil.copytree(EVENTS, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "HttpApiKey" / "createSecret.json"
    path.write_text('{"Step":\n oops')
    with pytest.raises(RefusedError, match=r"createSecret.json, line 2, is not JSON"):
        read_request("HttpApiKey", "setSecret", folder=tmp_path)
    path.unlink()
    with pytest.raises(RefusedError, match=r"createSecret.json cannot be read: No such file"):
        read_request("HttpApiKey", "setSecret", folder=tmp_path)


# --- the command ---


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["make", *arguments],  # noqa: S607 - as a person finds it
        cwd=artifacts.ROOT,
        # `make test ARGS=...` would hand its own variables on.
        env={
            k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKEOVERRIDES", "ARGS")
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_make_replays_and_lists_itself() -> None:
    done = make("replay", "FUNCTION=HttpApiKey", "STEP=testSecret")
    assert done.returncode == 0, done.stderr
    assert "testSecret succeeded in" in done.stdout
    assert [row[1:] for row in rows(done.stdout)] == list(KEY["testSecret"])  # in 80 columns
    assert re.search(r"^ +replay ", make("help").stdout, re.MULTILINE)
