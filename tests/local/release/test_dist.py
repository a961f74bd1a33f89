"""dist/: zips of what was built, beside their bills, in a template that deploys them; checksums."""

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from local import template
from local.bootstrap import ROOT
from local.build import artifacts, repeatable
from local.release import dist
from local.release.version import NotReleasableError
from local.supply.sbom import making
from local.supply.sbom.bill import digest
from local.supply.sbom.making import Made, Wanted

FUNCTIONS = [*template.functions(), *template.watchers()]
VALIDATOR = "local.supply.__main__.main"


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """The whole of dist/, of artifacts that have one file each, its bills not validated."""

    def make(wanted: Wanted) -> list[Made]:
        made = []
        for name in FUNCTIONS:
            artifact = tmp_path / "artifacts" / wanted.architecture / name
            artifact.mkdir(parents=True, exist_ok=True)
            (artifact / "library.so").write_text(f"{name} for {wanted.architecture}")
            repeatable.make_repeatable(artifact)
            made.append(Made(name, artifact, json.dumps({"files": digest(artifact)}), 0))
        return made

    monkeypatch.setattr(dist, "make", make)
    monkeypatch.setattr(VALIDATOR, lambda *_: 0)

    def fill() -> Path:
        dist.fill(tmp_path / "dist")
        return tmp_path / "dist"

    return fill


def test_each_architecture_has_every_function_with_its_bill_and_the_template(
    built: Callable[[], Path],
) -> None:
    folder = built()
    names = {f"{name}.{kind}" for name in FUNCTIONS for kind in ("zip", "cdx.json")}
    names |= {"template.yaml", "samconfig.toml", "LICENSE", "README.md"}
    assert {path.name for path in folder.iterdir()} == {*artifacts.PLATFORMS, "SHA256SUMS"}
    for architecture in artifacts.PLATFORMS:
        assert {path.name for path in (folder / architecture).iterdir()} == names


def test_the_template_is_ours_with_those_zips_and_their_architecture(
    built: Callable[[], Path],
) -> None:
    folder = built()
    for architecture in artifacts.PLATFORMS:
        ours = template.document()
        ours["Parameters"]["Architecture"] |= {
            "AllowedValues": [architecture],
            "Default": architecture,
        }
        for name in FUNCTIONS:
            ours["Resources"][name]["Properties"]["CodeUri"] = f"{name}.zip"
            assert ours["Resources"][name].pop("Metadata") == {"BuildMethod": "makefile"}
        assert template.document(folder / architecture / "template.yaml") == ours


def test_a_zip_is_what_its_bill_says(built: Callable[[], Path], tmp_path: Path) -> None:
    for path in built().rglob("*.zip"):
        unpacked = tmp_path / "unpacked" / path.parent.name / path.stem
        with zipfile.ZipFile(path) as packed:
            packed.extractall(unpacked)
        bill = json.loads(path.with_suffix(".cdx.json").read_text())
        assert bill == {"files": digest(unpacked)}


def test_the_checksums_are_of_every_file_and_find_a_changed_one(
    built: Callable[[], Path],
) -> None:
    folder = built()
    # The command of docs/artifacts.md.
    (command,) = [
        line
        for line in (ROOT / "docs" / "artifacts.md").read_text().splitlines()
        if line.startswith("sha256sum --check")
    ]

    def check() -> int:
        return subprocess.run(
            command.split(), cwd=folder, capture_output=True, check=False
        ).returncode

    listed = {line.split("  ")[1] for line in (folder / "SHA256SUMS").read_text().splitlines()}
    there = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert listed == there - {"SHA256SUMS"}
    assert check() == 0
    (folder / "arm64" / "HttpApiKey.zip").write_bytes(b"another")
    assert check() == 1


def test_two_releases_of_the_same_are_the_same_bytes(built: Callable[[], Path]) -> None:
    first = (built() / "SHA256SUMS").read_text()
    assert (built() / "SHA256SUMS").read_text() == first


def test_a_bill_that_is_not_valid_is_refused(
    built: Callable[[], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(VALIDATOR, lambda *_: 1)
    with pytest.raises(NotReleasableError, match="not valid CycloneDX"):
        built()


def test_a_template_that_it_cannot_read_is_refused() -> None:
    with pytest.raises(NotReleasableError, match=r"has 0 places for '.*Gone"):
        dist.of_zips(template.TEMPLATE.read_text(), ["Gone"], "arm64")


def test_without_lambdas_python_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    dist.check()
    monkeypatch.setattr("local.build.bytecode.python_of", lambda _: None)
    with pytest.raises(NotReleasableError, match=r"no Python 3\.13 is here"):
        dist.check()


def test_a_bill_names_the_version_that_is_written() -> None:
    metadata = template.document()["Metadata"]["AWS::ServerlessRepo::Application"]
    assert making.version() == metadata["SemanticVersion"]
