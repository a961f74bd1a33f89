"""An artifact brings its byte code, as nothing can be written beside it in Lambda."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from local.build import artifacts, bytecode
from local.build.source import Source
from local.functions.built import built_functions
from tests.deploy.artifacts.trees import FUNCTIONS, KINDS, sam_build, tree

# A start: its handler is imported, and the client made as well. Tells what came from where, and
# from which byte code. Python itself writes none.
START = """
import importlib, json, sys
importlib.import_module(sys.argv[1])
modules = [each.__spec__ for each in list(sys.modules.values()) if getattr(each, "__spec__", None)]
print(json.dumps([[each.origin, each.cached] for each in modules if each.cached]))
"""
UNCHECKED_HASH = 0b01  # PEP 552: flags of a file that is taken without a look at its source


def flags(file: Path) -> int:
    return int.from_bytes(file.read_bytes()[4:8], "little")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """An artifact of each kind, with an SDK of its own, for this machine."""
    folder = tmp_path_factory.mktemp("compiled")
    target, python = artifacts.local_target(), str(artifacts.LAMBDA_PYTHON)
    for rotator in KINDS:
        artifacts.build(Source(rotator, sdk="bundled"), folder / rotator, target, python)
    return {rotator: folder / rotator for rotator in KINDS}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_all_that_a_start_loads_of_it_is_compiled(
    function: str, compiled: Mapping[str, Path]
) -> None:
    built = built_functions()[function]
    artifact = compiled[FUNCTIONS[function].rotator]
    done = subprocess.run(
        [
            *(artifacts.LAMBDA_PYTHON, "-s", "-P", "-B", "-c", START),
            built.handler.rpartition(".")[0],
        ],
        cwd=artifact,
        env={**built.variables(function), "PYTHONPATH": str(artifact)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    loaded = [
        (origin, cached)
        for origin, cached in json.loads(done.stdout)
        if Path(origin).is_relative_to(artifact)
    ]
    assert {Path(origin).relative_to(artifact).parts[0] for origin, _ in loaded} > {
        *artifacts.PACKAGES,
        "aws_lambda_powertools",
        "botocore",
    }
    assert [origin for origin, cached in loaded if not Path(cached).is_file()] == []


def test_it_is_taken_without_a_look_at_the_source(compiled: Mapping[str, Path]) -> None:
    for artifact in compiled.values():
        found = list(artifact.rglob("*.pyc"))
        assert len(found) > 100
        assert {flags(file) for file in found} == {UNCHECKED_HASH}
        assert not [file for file in found if ".opt-" in file.name]


def test_it_is_the_same_wherever_and_with_whatever_it_is_made(
    compiled: Mapping[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Words that the code has too: which strings there are decides what a module is compiled to.
    again = tmp_path / "mysql" / "password" / "shared"
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "elsewhere"))
    source, target = Source("mysql", sdk="bundled"), artifacts.local_target()
    artifacts.build(source, again, target, str(artifacts.LAMBDA_PYTHON))
    first = compiled["mysql"]
    made = {file.relative_to(first): file.read_bytes() for file in first.rglob("*.pyc")}
    assert {file.relative_to(again): file.read_bytes() for file in again.rglob("*.pyc")} == made


def test_a_module_of_another_python_is_left_as_it_is(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    (tmp_path / "shared" / "newer.py").write_text("match = = 1\n")
    artifact = tmp_path / "built"
    artifacts.build(source, artifact, artifacts.local_target(), str(artifacts.LAMBDA_PYTHON))
    assert (artifact / "shared" / "newer.py").is_file()
    compiled = {file.name.partition(".")[0] for file in artifact.glob("shared/__pycache__/*")}
    assert compiled == {"__init__"}


def test_a_host_without_that_python_says_what_it_costs(tmp_path: Path) -> None:
    output = sam_build("MySqlSingleUser", tmp_path / "any", PYTHON_VERSION="3.99")
    assert not list(tmp_path.rglob("*.pyc"))
    assert output.splitlines()[1:] == [f"· no Python 3.99 is here to compile it: {bytecode.PRICE}"]


def test_the_python_of_a_version_is_found() -> None:
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert bytecode.python_of(here) == sys.executable
    assert bytecode.python_of("3.99") is None
