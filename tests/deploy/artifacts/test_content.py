"""What SAM's build targets make: a function, its driver, `shared`, and nothing else."""

import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from local.build import artifacts
from local.functions.built import built_functions
from tests.deploy.artifacts.conftest import Built
from tests.deploy.artifacts.trees import FUNCTIONS, KINDS, sources_of, tree

COMMON = {"aws_lambda_powertools", "jmespath", "typing_extensions.py", "rotators", "shared"}


@pytest.fixture(scope="session")
def for_lambda(artifact_of: Built) -> dict[str, Path]:
    return {
        name: artifact_of(function.rotator, "runtime", "x86_64")
        for name, function in FUNCTIONS.items()
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_has_its_driver_and_no_other(function: str, for_lambda: Mapping[str, Path]) -> None:
    found = {path.name for path in for_lambda[function].iterdir()}
    packages = {name for name in found - {"__pycache__"} if not name.endswith(".dist-info")}
    driver = KINDS[FUNCTIONS[function].rotator].driver
    assert packages >= COMMON | driver
    # A driver's own parts are named after it: psycopg_binary, psycopg_binary.libs; but for one.
    own = {name for name in packages - COMMON if not name.startswith("_cffi_backend.")}
    assert all(re.split(r"[_.]", name)[0] in driver for name in own)
    assert (own | COMMON == packages) is ("cryptography" not in driver)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_of_ours_it_has_shared_and_its_rotator_only(
    function: str, for_lambda: Mapping[str, Path]
) -> None:
    found = sources_of(for_lambda[function])
    rotator = FUNCTIONS[function].rotator
    folder = artifacts.ROOT / "rotators" / rotator
    kind_files = {
        str(path.relative_to(artifacts.ROOT))
        for path in folder.rglob("*.*")
        if not {"testing", "__pycache__"} & set(path.parts)
    }
    assert {n for n in found if n.startswith("rotators/")} == {"rotators/__init__.py", *kind_files}
    sources = {
        str(path.relative_to(artifacts.ROOT)) for path in artifacts.ROOT.glob("shared/**/*.py")
    }
    certificates = "shared/authorities/rds.pem"
    assert {name for name in found if name.startswith("shared/")} == {*sources, certificates}


def test_arm64_gets_arm64_wheels_of_the_same_driver(artifact_of: Built) -> None:
    arm, intel = (artifact_of("postgres", "runtime", each) for each in ("arm64", "x86_64"))
    assert {path.name for path in arm.glob("psycopg_binary/*.so")} == {
        path.name.replace("x86_64", "aarch64") for path in intel.glob("psycopg_binary/*.so")
    }
    # An older manylinux tag would have given arm64 an older driver.
    assert {path.name for path in arm.glob("*.dist-info")} == {
        path.name for path in intel.glob("*.dist-info")
    }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_its_handler_is_importable_from_the_artifact_alone(function: str) -> None:
    built = built_functions()[function]
    module, _, attribute = built.handler.rpartition(".")
    done = subprocess.run(
        [
            *(artifacts.LAMBDA_PYTHON, "-s", "-P", "-c"),
            f"import {module} as m; assert callable(m.{attribute}); print(m.__file__)",
        ],
        cwd=built.artifact,
        env={"PYTHONPATH": str(built.artifact), "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(built.artifact)


@pytest.mark.parametrize("top_level", ["shared/__init__.py", "shared.py", "rotators/other.py"])
def test_a_dependency_with_our_packages_name_fails_the_build(
    top_level: str, tmp_path: Path
) -> None:
    package = Path(top_level).parts[0].removesuffix(".py")
    with pytest.raises(SystemExit, match=f"requirements/tiny.txt ships a top-level `{package}`"):
        artifacts.build(tree(tmp_path, top_level), tmp_path / "built", artifacts.local_target())


def test_a_dependency_with_another_hash_fails_the_build(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py", good_hash=False)
    with pytest.raises(SystemExit):
        artifacts.build(source, tmp_path / "built", artifacts.local_target())


def test_a_build_replaces_what_was_there(tmp_path: Path) -> None:
    artifact = tmp_path / "built"
    (artifact / "old").mkdir(parents=True)
    (artifact / "stale.py").touch()
    artifacts.build(tree(tmp_path, "harmless.py"), artifact, artifacts.local_target())
    assert {path.name for path in artifact.iterdir()} == {
        *("clash-1.0.dist-info", "harmless.py", "rotators", "shared"),
    }


def test_a_kinds_own_files_and_packages_of_shared_are_taken(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    taken = ("rotators/tiny/errors.py", "rotators/tiny/data/it.json", "shared/deep/deeper/it.py")
    others = ("rotators/other.py", "rotators/other/tiny.py", "rotators/tiny/testing/it.py")
    for name in (*taken, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    first = ("rotators/__init__.py", "shared/__init__.py")
    kind_files = ("rotators/tiny/__init__.py", "rotators/tiny/kind.toml")
    assert set(map(str, source.files())) == {*first, *kind_files, *taken}


def test_a_kind_may_bring_its_own_requirements(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    assert source.requirements == tmp_path / "requirements" / "tiny.txt"
    requirements = tmp_path / "rotators" / "tiny" / "requirements.txt"
    requirements.touch()
    assert source.requirements == requirements


def test_a_folder_that_is_no_kind_is_named(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"rotators/small/kind\.toml is missing"):
        replace(tree(tmp_path, "harmless.py"), rotator="small").files()


def test_the_digest_follows_every_source(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    seen = {source.digest(("one",)), source.digest(("two",))}
    for name in (*map(str, source.files()), "requirements/tiny.txt"):
        with (tmp_path / name).open("a") as file:
            file.write("# changed\n")
        seen.add(source.digest(("one",)))
    assert len(seen) == 2 + len(source.files()) + 1
    bundled = replace(source, sdk="bundled")
    for text in ("# one\n", "# another\n"):
        (tmp_path / "requirements" / "sdk.txt").write_text(text)
        assert bundled.digest(("one",)) not in seen
        seen.add(bundled.digest(("one",)))
    (tmp_path / "rotators" / "other.py").touch()
    (tmp_path / "shared" / "__pycache__").mkdir()
    (tmp_path / "shared" / "__pycache__" / "x.pyc").touch()
    assert source.digest(("one",)) in seen


def test_a_build_with_nothing_to_do_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    built_functions()
    monkeypatch.delattr(artifacts, "build")
    built_functions()


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(SystemExit, match="x86_64, arm64: 'mips'"):
        artifacts.lambda_target("mips", "3.13")


def test_the_build_needs_nothing_but_the_standard_library() -> None:
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(artifacts.ROOT)!r});import local.build.artifacts",
        ],
        check=True,
    )
