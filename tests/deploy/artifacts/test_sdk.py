"""An SDK of an artifact's own: all that the functions call, and little else."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.build import artifacts
from local.build.source import Source
from local.secrets_manager import SecretsManager
from tests.deploy.artifacts.trees import FUNCTIONS, KINDS

# As Lambda does, with nothing but Python and the artifact: a step that was taken already, which
# reads the secret and returns; then a client of each service. Tells what came from where.
ALONE = """
import importlib, json, sys
artifact, handler, event, services = json.loads(sys.argv[1])
sys.path.insert(0, artifact)
module, _, name = handler.rpartition(".")

class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"
    function_version = log_group_name = log_stream_name = "x"

    def get_remaining_time_in_millis(self):
        return 60_000

getattr(importlib.import_module(module), name)(event, Context())
from shared.aws import clients
names = [clients.client(service).meta.service_model.service_name for service in services]
files = [getattr(each, "__file__", None) for each in list(sys.modules.values())]
files = [file for file in files if file]
print(json.dumps([names, files, sys.base_prefix, "shared.aws.rds" in sys.modules]))
"""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An artifact of each kind, for this machine."""
    folder = tmp_path_factory.mktemp("bundled")
    for rotator in KINDS:
        artifacts.build(Source(rotator, sdk="bundled"), folder / rotator, artifacts.local_target())
    return {rotator: folder / rotator for rotator in KINDS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_handler_runs_with_its_own_sdk_and_nothing_else(
    function: str, bundled: Mapping[str, Path]
) -> None:
    declared = FUNCTIONS[function]
    artifact, services = bundled[declared.rotator], KINDS[declared.rotator].services
    with SecretsManager() as service:
        made = service.client().create_secret(Name="current", SecretString="{}")
        event = {
            "Step": "testSecret",
            "SecretId": made["ARN"],
            "ClientRequestToken": made["VersionId"],
        }
        asked = json.dumps([str(artifact), declared.handler, event, services])
        done = subprocess.run(
            [artifacts.LAMBDA_PYTHON, "-I", "-S", "-B", "-c", ALONE, asked],
            env=service.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert [call.operation for call in service.calls][1:] == ["GetSecretValue"]
    named, loaded, base, asks_rds = json.loads(done.stdout.splitlines()[-1])
    assert named == list(services)
    assert ("rds" in services) is asks_rds
    assert [file for file in loaded if file == str(artifact / "botocore" / "__init__.py")]
    foreign = [file for file in loaded if not Path(file).is_relative_to(artifact)]
    library = Path(base, "lib")
    assert all(Path(file).is_relative_to(library) for file in foreign)
    assert not [
        file for file in foreign if {"site-packages", "dist-packages"} & {*Path(file).parts}
    ]


@pytest.mark.parametrize("rotator", KINDS)
def test_of_the_services_it_has_those_that_it_calls(
    rotator: str, bundled: Mapping[str, Path]
) -> None:
    data = bundled[rotator] / "botocore" / "data"
    services = {path.name: path for path in data.iterdir() if path.is_dir()}
    assert set(services) == set(KINDS[rotator].services)
    assert all(len(list(versions.iterdir())) == 1 for versions in services.values())
    assert not list(data.rglob("examples-*.json"))
    assert not list(bundled[rotator].glob("boto3*"))


def test_the_services_are_those_that_the_code_names() -> None:
    code = [
        path.read_text()
        for name in artifacts.PACKAGES
        for path in (artifacts.ROOT / name).rglob("*.py")
    ]
    named = {name for text in code for name in re.findall(r"client\(\s*\"(\w+)\"", text)}
    assert named == {service for kind in KINDS.values() for service in kind.services}
    assert KINDS.keys() == {function.rotator for function in FUNCTIONS.values()}


def test_an_unknown_sdk_is_named() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "local.build.artifacts",
            "MySqlSingleUser",
            "/nowhere",
            "--sdk",
            "newest",
        ],
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "newest" in done.stderr
    assert "bundled" in done.stderr


def test_the_bench_starts_a_function_built_in_each_way() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local.bench.artifacts", "MySqlSingleUser", "--starts", "1"],
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    _, *rows = (line.split() for line in done.stdout.splitlines())
    ways = (["runtime", "yes"], ["bundled", "yes"], ["runtime", "no"])
    assert [row[:3] for row in rows] == [["MySqlSingleUser", *way] for way in ways]
    assert rows[0][-1] == "1.00"
    assert max(map(len, done.stdout.splitlines())) <= 80
