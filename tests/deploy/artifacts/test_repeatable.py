"""Artifacts are small, and the same bytes, modes and times whoever builds them, where and when."""

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.build import artifacts, repeatable
from tests.deploy.artifacts.conftest import Built
from tests.deploy.artifacts.trees import KINDS, OF_EACH_KIND, sam_build, sources_of

ZIP_LIMIT_MB = 8.5
# Only PostgreSQL's driver is made for an architecture.
BUILDS = [
    *(("postgres", sdk, each) for sdk in ("runtime", "bundled") for each in artifacts.PLATFORMS),
    *((kind, "runtime", "x86_64") for kind in KINDS if kind != "postgres"),
    *((kind, "bundled", "arm64") for kind in KINDS if kind != "postgres"),
]
TELLTALES = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", ".lock"}


def pythons() -> list[str]:
    """Of each Python that may run the build one, where this machine has it."""
    found = []
    for minor in (11, 12, 13, 14):
        kept = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python"))
        named = (shutil.which(f"python3.{minor}"), *map(str, kept))
        running = [each for each in named if each and _is(each, minor)]
        found += running[:1]
    return found or [sys.executable]


def _is(python: str, minor: int) -> bool:
    """Whether it runs, and is of this version: one of pyenv's shims may do neither."""
    code = f"import sys; sys.exit(sys.version_info[:2] != (3, {minor}))"
    return subprocess.run([python, "-c", code], capture_output=True, check=False).returncode == 0


def described(artifact: Path) -> dict[str, tuple[int, float, bytes]]:
    """Mode, time and content of everything in it, and of itself."""
    return {
        str(path.relative_to(artifact)): (
            path.stat().st_mode,
            path.stat().st_mtime,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in (artifact, *artifact.rglob("*"))
    }


@pytest.fixture(scope="module", params=BUILDS, ids=", ".join)
def artifact(request: pytest.FixtureRequest, artifact_of: Built) -> Path:
    kind, sdk, architecture = request.param
    made = artifact_of(kind, sdk, architecture)
    assert (made / "botocore").is_dir() is (sdk == "bundled")
    return made


def test_it_is_small(artifact: Path) -> None:
    assert repeatable.measured(artifact)[1] <= ZIP_LIMIT_MB


def test_nothing_in_it_tells_of_the_build(artifact: Path) -> None:
    found = [path.relative_to(artifact) for path in artifact.rglob("*")]
    assert not TELLTALES & {path.name for path in found}
    assert not [path for path in found if path.name.startswith(".")]
    assert not {"tests", "bin"} & {part for path in found for part in path.parts}


def test_each_package_lists_the_files_that_are_there(artifact: Path) -> None:
    listed = []
    for record in artifact.glob("*.dist-info/RECORD"):
        with record.open(newline="") as rows:
            listed += [row[0] for row in csv.reader(rows)]
    repository_files = {
        name for name in sources_of(artifact) if name.split("/")[0] in artifacts.PACKAGES
    }
    assert sorted(listed) == sorted(sources_of(artifact) - repository_files)


@pytest.mark.parametrize(
    ("rotator", "sdk"), [("postgres", "bundled"), ("mysql", "runtime"), ("http_api_key", "runtime")]
)
def test_two_builds_are_the_same_bytes(rotator: str, sdk: str, tmp_path: Path) -> None:
    function = OF_EACH_KIND[rotator]
    builders = pythons()
    first, second = tmp_path / function, tmp_path / "much" / "deeper" / function
    sam_build(function, first, SDK=sdk, PYTHON=builders[0], TZ="UTC", PYTHONHASHSEED="1")
    expected, archive = described(first), repeatable.zipped(first)
    for python in builders[1:] or builders:
        other = {"PYTHON": python, "TZ": "Asia/Tokyo", "PYTHONHASHSEED": "2"}
        sam_build(function, second, 0o077, SDK=sdk, **other)
        assert described(second) == expected, python
        assert repeatable.zipped(second) == archive


def test_modes_and_times_are_those_of_any_build(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir(mode=0o700)
    for name, mode in (("private.py", 0o600), ("folder/run.py", 0o777), ("library.so", 0o644)):
        (tmp_path / name).touch(mode=mode)
    repeatable.make_repeatable(tmp_path)
    seen = {name: (mode & 0o777, time) for name, (mode, time, _) in described(tmp_path).items()}
    oldest = 315_532_800  # 1980-01-01, the first that a zip can hold
    assert seen == {
        ".": (0o755, oldest),
        "folder": (0o755, oldest),
        "folder/run.py": (0o644, oldest),
        "library.so": (0o755, oldest),
        "private.py": (0o644, oldest),
    }


def test_the_build_tells_its_size(tmp_path: Path) -> None:
    output = sam_build("MySqlSingleUser", tmp_path / "MySqlSingleUser")
    artifact = tmp_path / "MySqlSingleUser"
    content = sum(len(content) for _, _, content in described(artifact).values())
    zipped = len(repeatable.zipped(artifact))
    assert output == f"· MySqlSingleUser: {content / 1e6:.1f} MB, {zipped / 1e6:.1f} MB zipped\n"
