"""What SAM's build targets make: a function, its driver, `shared`, and nothing else."""

import base64
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from local import build, repeatable, template
from local.built import built_functions

FUNCTIONS = template.functions()
DRIVERS = {
    "postgres": {"psycopg", "psycopg_binary", "psycopg_binary.libs"},
    "mysql": {"pymysql"},
    "http_api_key": {"urllib3"},
}
COMMON = {"aws_lambda_powertools", "jmespath", "typing_extensions.py", "rotators", "shared"}
ZIP_LIMIT = 8_000_000


def sam_build(function: str, artifact: Path, **variables: str) -> None:
    """As SAM does: its own Makefile, from another folder, with no virtual environment."""
    subprocess.run(
        ["make", "--makefile", build.ROOT / "Makefile", f"build-{function}"],  # noqa: S607 - as SAM finds it
        cwd=artifact.parent,
        env={**os.environ, "ARTIFACTS_DIR": str(artifact), "PYTHON": "python3", **variables},
        check=True,
        timeout=120,
    )


@pytest.fixture(scope="session")
def for_lambda(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("artifacts")
    for function in FUNCTIONS:
        sam_build(function, folder / function)
    return {function: folder / function for function in FUNCTIONS}


def files(artifact: Path) -> set[str]:
    return {str(path.relative_to(artifact)) for path in artifact.rglob("*") if path.is_file()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_has_its_driver_and_no_other(function: str, for_lambda: Mapping[str, Path]) -> None:
    found = {path.name for path in for_lambda[function].iterdir()}
    packages = {name for name in found if not name.endswith(".dist-info")}
    assert packages == COMMON | DRIVERS[FUNCTIONS[function].rotator]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_of_ours_it_has_shared_and_its_rotator_only(
    function: str, for_lambda: Mapping[str, Path]
) -> None:
    found = files(for_lambda[function])
    rotator = FUNCTIONS[function].rotator
    own = {f"rotators/{file.name}" for file in build.ROOT.glob(f"rotators/{rotator}_*.py")}
    own.add(f"rotators/{rotator}.py")
    if rotator == "http_api_key":  # and the descriptions it ships
        own |= {
            f"rotators/issuers/{file.name}" for file in build.ROOT.glob("rotators/issuers/*.json")
        }
        assert len(own) > len(list(build.ROOT.glob(f"rotators/{rotator}*.py")))
    assert {n for n in found if n.startswith("rotators/")} == {"rotators/__init__.py", *own}
    sources = {str(path.relative_to(build.ROOT)) for path in build.ROOT.glob("shared/**/*.py")}
    certificates = "shared/authorities/rds.pem"
    assert {name for name in found if name.startswith("shared/")} == {*sources, certificates}
    assert not [name for name in found if "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_is_small(function: str, for_lambda: Mapping[str, Path]) -> None:
    assert len(repeatable.zipped(for_lambda[function])) < ZIP_LIMIT


@pytest.mark.parametrize("architecture", build.PLATFORMS)
def test_the_largest_is_small_with_its_own_sdk_too(architecture: str, tmp_path: Path) -> None:
    sam_build("PostgresSingleUser", tmp_path / "own", ARCHITECTURE=architecture, SDK="bundled")
    assert (tmp_path / "own" / "boto3").is_dir()
    assert len(repeatable.zipped(tmp_path / "own")) < ZIP_LIMIT


def test_a_bundled_sdk_has_what_the_functions_call(tmp_path: Path) -> None:
    source = build.Source("postgres", sdk="bundled")
    artifact = tmp_path / "own"
    build.build(source, artifact, build.local_target())
    services = ("secretsmanager", "rds")
    code = (
        f"import sys; sys.path.insert(0, {str(artifact)!r});"
        "import rotators.postgres; from shared import aws;"
        f"print(*(aws.client(name).meta.service_model.service_name for name in {services}));"
        "import boto3; print(boto3.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    named, where = done.stdout.splitlines()
    assert named.split() == list(services)
    assert Path(where).is_relative_to(artifact)
    kept = {path.name for path in (artifact / "botocore" / "data").iterdir() if path.is_dir()}
    assert kept == set(services)


@pytest.mark.parametrize("rotator", DRIVERS)
def test_two_builds_are_the_same_bytes(rotator: str, tmp_path: Path) -> None:
    artifacts = tmp_path / "one", tmp_path / "deeper" / "two"
    before = os.umask(0o022)
    try:
        for artifact, mask in zip(artifacts, (0o022, 0o077), strict=True):
            os.umask(mask)
            build.build(build.Source(rotator), artifact, build.lambda_target("x86_64", "3.13"))
    finally:
        os.umask(before)
    one, two = artifacts
    assert files(one) == files(two)
    assert repeatable.zipped(one) == repeatable.zipped(two)
    # SAM's own zip takes them from the files.
    for path in one.rglob("*"):
        same = two / path.relative_to(one)
        assert (path.stat().st_mode, path.stat().st_mtime) == (
            same.stat().st_mode,
            same.stat().st_mtime,
        )


def test_arm64_gets_arm64_wheels_of_the_same_driver(
    for_lambda: Mapping[str, Path], tmp_path: Path
) -> None:
    sam_build("PostgresSingleUser", tmp_path / "arm", ARCHITECTURE="arm64")

    arm, intel = tmp_path / "arm", for_lambda["PostgresSingleUser"]
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
            *(build.LAMBDA_PYTHON, "-s", "-P", "-c"),
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


def wheel(folder: Path, top_level: str) -> Path:
    """A wheel that ships one module, with its hash in a requirements file beside it."""
    path = folder / "clash-1.0-py3-none-any.whl"
    info = "clash-1.0.dist-info"
    content = {
        top_level: "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: clash\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).rstrip(b"=").decode()
    record = "".join(f"{name},,\n" for name in content if name != top_level)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
        archive.writestr(
            f"{info}/RECORD", f"{top_level},sha256={digest},0\n{record}{info}/RECORD,,\n"
        )
    return path


def tree(folder: Path, top_level: str, *, good_hash: bool = True) -> build.Source:
    """A source tree whose one dependency ships `top_level`."""
    for name in ("shared/__init__.py", "rotators/__init__.py", "rotators/tiny.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    made = wheel(folder, top_level)
    digest = hashlib.sha256(made.read_bytes() if good_hash else b"other").hexdigest()
    (folder / "requirements").mkdir()
    (folder / "requirements" / "tiny.txt").write_text(
        f"clash @ {made.as_uri()} --hash=sha256:{digest}\n"
    )
    return build.Source("tiny", folder)


@pytest.mark.parametrize("top_level", ["shared/__init__.py", "shared.py", "rotators/other.py"])
def test_a_dependency_with_our_packages_name_fails_the_build(
    top_level: str, tmp_path: Path
) -> None:
    ours = Path(top_level).parts[0].removesuffix(".py")
    with pytest.raises(SystemExit, match=f"requirements/tiny.txt ships a top-level `{ours}`"):
        build.build(tree(tmp_path, top_level), tmp_path / "built", build.local_target())


def test_a_dependency_with_another_hash_fails_the_build(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py", good_hash=False)
    with pytest.raises(SystemExit):
        build.build(source, tmp_path / "built", build.local_target())


def test_a_build_replaces_what_was_there(tmp_path: Path) -> None:
    artifact = tmp_path / "built"
    (artifact / "old").mkdir(parents=True)
    (artifact / "stale.py").touch()
    build.build(tree(tmp_path, "harmless.py"), artifact, build.local_target())
    assert {path.name for path in artifact.iterdir()} == {
        *("clash-1.0.dist-info", "harmless.py", "rotators", "shared"),
    }


def test_a_kinds_own_files_and_packages_of_shared_are_taken(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    taken = ("rotators/tiny_errors.py", "rotators/tiny_a_topic.py", "shared/deep/deeper/it.py")
    others = ("rotators/tinyother.py", "rotators/other.py", "rotators/other_tiny.py")
    for name in (*taken, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    first = ("rotators/__init__.py", "rotators/tiny.py", "shared/__init__.py")
    assert set(map(str, source.files())) == {*first, *taken}


def test_the_digest_follows_every_source(tmp_path: Path) -> None:
    source = tree(tmp_path, "harmless.py")
    seen = {source.digest(("one",)), source.digest(("two",))}
    for name in (*map(str, source.files()), "requirements/tiny.txt"):
        (tmp_path / name).write_text("# changed\n")
        seen.add(source.digest(("one",)))
    assert len(seen) == 2 + len(source.files()) + 1
    (tmp_path / "rotators" / "other.py").touch()
    (tmp_path / "shared" / "__pycache__").mkdir()
    (tmp_path / "shared" / "__pycache__" / "x.pyc").touch()
    assert source.digest(("one",)) in seen


def test_a_build_with_nothing_to_do_builds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    built_functions()
    monkeypatch.delattr(build, "build")
    built_functions()


def test_an_unknown_architecture_is_named() -> None:
    with pytest.raises(SystemExit, match="x86_64, arm64: 'mips'"):
        build.lambda_target("mips", "3.13")


def test_the_build_needs_nothing_but_the_standard_library() -> None:
    subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(build.ROOT)!r}); import local.build",
        ],
        check=True,
    )
