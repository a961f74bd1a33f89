"""`make local`: secrets as containers and events have them, SAM's files, and the end of it all."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.build import artifacts
from local.processes import children
from local.processes.children import free_port
from local.replay.request import EVENTS
from local.sam import __main__ as program
from local.sam import application, verdict
from local.sam.application import Application
from local.sam.docker import engine
from local.sam.endpoint import LambdaEndpoint
from local.sam.errors import WrongError
from local.sam.seeding import LOOPBACK, targets
from local.sam.system import Outside, system_for_containers
from local.servers.certificates import IN_DOCKER
from local.template import document, functions
from tests.lab import CONFIDENTIAL


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    folder = tmp_path_factory.mktemp("local")
    with system_for_containers(folder, LambdaEndpoint(), None) as running:
        yield running


def event(function: str) -> dict[str, str]:
    return dict(json.loads((EVENTS / function / "createSecret.json").read_text()))


@pytest.mark.parametrize("function", functions())
def test_a_secret_stands_where_its_events_say(function: str, outside: Outside) -> None:
    first = event(function)
    described = outside.system.service.client().describe_secret(SecretId=first["SecretId"])
    assert described["VersionIdsToStages"][first["ClientRequestToken"]] == ["AWSPENDING"]
    assert described["RotationEnabled"]


@pytest.mark.parametrize("function", functions())
def test_a_secret_names_this_machine_as_its_containers_do(function: str, outside: Outside) -> None:
    client = outside.system.service.client()
    document = verdict.current(outside, function)
    admin = document.get("masterarn") or document.get("admin_secret_arn")
    values = [document]
    if admin is not None:
        values.append(json.loads(client.get_secret_value(SecretId=admin)["SecretString"]))
    for value in values:
        text, has_place = json.dumps(value), {"host", "issuer_url"} & value.keys()
        assert not [name for name in LOOPBACK if name in text]
        assert (IN_DOCKER in text) is bool(has_place)
    assert outside.system.targets[outside.targets[function]].accepts(document)


@pytest.mark.parametrize("function", functions())
def test_what_did_not_rotate_is_not_taken_for_rotated(function: str, outside: Outside) -> None:
    before = verdict.current(outside, function)
    with pytest.raises(WrongError, match="AWSCURRENT is not at"):
        verdict.hold(outside, function, before, event(function)["ClientRequestToken"])


def test_the_variables_are_addresses_and_no_secret(outside: Outside) -> None:
    written = outside.application.variables.read_text()
    variables = json.loads(written)["Parameters"]
    port = outside.system.service.endpoint.rpartition(":")[2]
    assert variables["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == f"http://{IN_DOCKER}:{port}"
    assert variables["TLS_CA_BUNDLE"] == "/var/task/local-authority.pem"
    secrets = [
        str(document[key])
        for document in (verdict.current(outside, function) for function in functions())
        for key in CONFIDENTIAL
        if key in document
    ]
    assert len(secrets) == len(functions())
    assert not [secret for secret in secrets if secret in written]


def test_every_function_declares_what_it_is_to_get(outside: Outside) -> None:
    """SAM gives a function no variable that its template does not declare."""
    given = set(json.loads(outside.application.variables.read_text())["Parameters"])
    for name, declared in functions(outside.application.template).items():
        issuers = set() if name == "HttpApiKey" else {"ALLOW_PRIVATE_ISSUERS"}
        assert given - issuers <= set(declared.environment)


def test_the_built_code_is_the_templates_with_the_authority_in_it(outside: Outside) -> None:
    code = outside.application.folder / "functions"
    declared = document(outside.application.template)["Resources"]
    assert {name: declared[name]["Properties"]["CodeUri"] for name in functions()} == dict.fromkeys(
        functions(), "functions"
    )
    artifact = outside.application.folder / "artifact"
    done = subprocess.run(
        ["make", "--silent", "--dry-run", "build-HttpApiKey", f"ARTIFACTS_DIR={artifact}"],  # noqa: S607
        cwd=code,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f'python3 -m local.build.artifacts HttpApiKey "{artifact}"' in done.stdout
    assert f'cp {code}/local-authority.pem "{artifact}/"' in done.stdout


def test_sam_need_not_be_told_to_write_out_the_loops(outside: Outside) -> None:
    """It would look for its samconfig.toml beside the copy."""
    written = outside.application.template.read_text()
    assert "Fn::ForEach" not in written
    assert "LanguageExtensions" not in written


def test_the_endpoint_is_a_plain_variable_that_sam_can_fill_in() -> None:
    """The template's own is read from an endpoint that nothing here makes."""
    declared = document()["Globals"]["Function"]["Environment"]["Variables"]
    assert "Fn::If" in declared[application.ENDPOINT]
    adapted = application._adapted(document())
    variables = adapted["Globals"]["Function"]["Environment"]["Variables"]
    assert variables[application.ENDPOINT] == ""


def test_the_commands_are_told_as_they_are_run(outside: Outside) -> None:
    explanation = program.explanation(outside, LambdaEndpoint("http://127.0.0.1:3005"))
    assert f"sam build --template {outside.application.template} --build-dir" in explanation
    assert "sam local invoke PostgresSingleUser --event events/PostgresSingleUser/" in explanation
    assert "sam local start-lambda --port 3005 --template" in explanation
    assert explanation.count("--add-host host.docker.internal:host-gateway") == 2
    assert all(event(function)["SecretId"] in explanation for function in functions())


def test_paths_are_told_from_the_repositorys_folder() -> None:
    words = Application(artifacts.ROOT / ".cache" / "local").build()
    assert words == (
        *("build", "--template", ".cache/local/template.yaml"),
        *("--build-dir", ".cache/local/build"),
    )


def test_mariadb_takes_mysqls_place_where_asked() -> None:
    assert targets()["MySqlSingleUser"] == "mysql"
    assert targets(mariadb=True)["MySqlSingleUser"] == "mariadb"
    assert targets(mariadb=True)["MySqlAlternatingUsers"] == "mariadb-alternating"
    assert targets(mariadb=True)["PostgresSingleUser"] == "postgres"
    assert targets(mariadb=True)["HttpApiKey"] == targets()["HttpApiKey"] == "api-key"


@pytest.mark.parametrize("named", ["tcp://127.0.0.1:1", "unix:///nonexistent/docker.sock"])
def test_no_engine_is_here_where_none_answers_on_a_socket(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", named)
    assert engine.engine_here() is None


def test_the_cli_is_of_the_emulators_version() -> None:
    pins = [
        re.search(
            r"^aws-sam-cli==(\S+)",
            (artifacts.ROOT / "requirements" / name).read_text(),
            re.MULTILINE,
        )
        for name in ("sam.txt", "emulator.txt")
    ]
    assert pins[0]
    assert pins[1]
    assert pins[0][1] == pins[1][1]


@pytest.mark.parametrize("ends", [signal.SIGINT, signal.SIGTERM])
def test_the_program_ends_all_that_it_started(ends: signal.Signals, tmp_path: Path) -> None:
    folder, port = tmp_path / "local", free_port()
    main = (
        "import pathlib, typer; from local.sam import __main__ as program;"
        f"program.FOLDER = pathlib.Path({str(folder)!r}); typer.run(program.main)"
    )
    with children.running(
        (sys.executable, "-c", main, "--port", str(port)),
        log=(log := tmp_path / "log"),
        ready=lambda: "sam local invoke" in log.read_text(),
        name="make local",
        cwd=artifacts.ROOT,
    ) as child:
        ports = {port, *_ports(folder)}
        assert all(children.listening(each) for each in ports)
        assert (folder / "env.json").is_file()
        child.process.send_signal(ends)
        assert child.wait(child.ended, 30)
        assert child.process.wait() in (0, 130, 143)
    assert not folder.exists()
    assert not [each for each in ports if children.listening(each)]
    assert "Traceback" not in log.read_text()


def _ports(folder: Path) -> set[int]:
    """What the servers say that they listen on."""
    logs = "".join(path.read_text(errors="replace") for path in (folder / "logs").glob("*.log"))
    found = re.findall(r'(?:127\.0\.0\.1", port|port:) (\d+)', logs)
    assert found, logs
    return {int(port) for port in found} - {0}
