"""The distribution: what is in it, what it needs, and what an import of it loads."""

import os
import re
import subprocess
import tarfile
import tomllib
import zipfile
from email.parser import HeaderParser
from itertools import chain
from pathlib import Path

import pytest

from local import pythons
from local.bootstrap import CACHE, ROOT, UV

CLIENTS = ROOT / "clients"
EXTRAS = ["httpx", "psycopg", "pymysql", "requests", "sqlalchemy"]
FOREIGN = {*EXTRAS, "psycopg_pool", "boto3", "shared", "rotators"}
FILES = {
    str(file.relative_to(CLIENTS))
    for file in (CLIENTS / "rotating").rglob("*")
    if file.suffix in {".py", ".typed"}
}


def run(*command: str | Path) -> str:
    others = {name: each for name, each in os.environ.items() if not name.startswith("PYTHON")}
    environment = {**others, "PATH": "/usr/bin:/bin", "UV_CACHE_DIR": str(CACHE / "uv-cache")}
    done = subprocess.run(
        list(map(str, command)),
        cwd=CLIENTS,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def oldest() -> Path:
    """The oldest Python that it is for, with every driver and what builds the package."""
    programs = pythons.environment(min(pythons.SUITES))
    assert programs is not None
    return programs / "python"


@pytest.fixture(scope="module")
def built(oldest: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the source, built without a network."""
    folder = tmp_path_factory.mktemp("built")
    run(oldest, "-m", "hatchling", "build", "--directory", folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (wheel,) = built.glob("*.whl")
    return wheel


def metadata(wheel: Path) -> dict[str, list[str]]:
    """What the wheel says of itself: the values of each header."""
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (each for each in packed.namelist() if each.endswith(".dist-info/METADATA"))
        said = HeaderParser().parsestr(packed.read(name).decode())
    return {header: said.get_all(header, []) for header in said}


def test_the_wheel_and_the_source_have_the_package_and_nothing_else(
    built: Path, wheel: Path
) -> None:
    with zipfile.ZipFile(wheel) as packed:
        inside = packed.namelist()
    assert {name for name in inside if ".dist-info/" not in name} == FILES
    assert [name for name in inside if name.endswith("/licenses/LICENSE")]
    (source,) = built.glob("*.tar.gz")
    with tarfile.open(source) as packed_source:
        held = {name.partition("/")[2] for name in packed_source.getnames()}
    made = {"PKG-INFO", ".gitignore"}
    assert held - made == FILES | {"LICENSE", "README.md", "pyproject.toml"}
    assert (CLIENTS / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_it_asks_for_botocore_alone_and_for_a_driver_by_its_extra(wheel: Path) -> None:
    said = metadata(wheel)
    always = [each for each in said["Requires-Dist"] if "extra ==" not in each]
    assert [re.split(r"[>=<]", each)[0] for each in always] == ["botocore"]
    assert said["Provides-Extra"] == EXTRAS
    language = "Programming Language :: Python :: "
    named = [each.removeprefix(language) for each in said["Classifier"] if language in each]
    assert named == [*pythons.SUITES]


def test_what_each_extra_asks_for_is_what_it_is_tested_with() -> None:
    project = tomllib.loads((CLIENTS / "pyproject.toml").read_text())["project"]
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    tested = {_bare(each) for each in groups["clients"]} | {"psycopg-pool>=3.3"}
    extras = project["optional-dependencies"].values()
    assert {_bare(each) for each in chain(project["dependencies"], *extras)} <= tested


def _bare(requirement: str) -> str:
    return re.sub(r"\[.*\]", "", requirement)


def test_installed_with_botocore_only_it_is_importable(
    oldest: Path, wheel: Path, tmp_path: Path
) -> None:
    uv, fresh = UV / "bin" / "uv", tmp_path / "environment"
    run(uv, "venv", "--quiet", "--no-python-downloads", "--python", oldest, fresh)
    python = fresh / "bin" / "python"
    install = (uv, "pip", "install", "--quiet", "--python", python)
    run(*install, "--require-hashes", "--requirement", ROOT / "requirements" / "sdk.txt")
    run(*install, "--offline", wheel)  # which would fetch what it needs more, and may not
    installed = run(uv, "pip", "freeze", "--python", python).splitlines()
    names = {re.split(r"==| @ ", line)[0] for line in installed}
    assert names == {"botocore", "jmespath", "python-dateutil", "rotating", "six", "urllib3"}
    where = run(python, "-P", "-c", "import rotating; print(rotating.__file__)")
    assert Path(where.strip()).is_relative_to(fresh)


def test_an_import_of_it_loads_no_driver_and_nothing_of_the_functions(oldest: Path) -> None:
    code = f"import sys, rotating; print(sorted({FOREIGN} & sys.modules.keys()))"
    assert run(oldest, "-c", code) == "[]\n"
