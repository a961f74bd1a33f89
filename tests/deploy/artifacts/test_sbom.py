"""Each function's bill of materials names what is in its artifact, and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from local import template
from local.build import artifacts
from local.build.source import Source
from local.supply.pins import read
from local.supply.sbom.bill import CERTIFICATES, BuildFacts, bill, digest
from local.supply.sbom.wheels import find_wheels
from tests.deploy.artifacts.conftest import Built
from tests.deploy.artifacts.trees import FUNCTIONS, KINDS, OF_EACH_KIND, sam_build

MADE = BuildFacts("Any", "1.0", "2026-01-01T00:00:00Z", {"commit": "any"}, "any")
Component = dict[str, Any]


def described(document: str) -> dict[str, Component]:
    return {each["name"]: each for each in json.loads(document)["components"]}


@pytest.fixture(scope="module", params=[*KINDS, "postgres, bundled, arm64"])
def artifact(request: pytest.FixtureRequest, artifact_of: Built) -> tuple[Path, Source]:
    """As SAM builds it, and what it was made from."""
    rotator, *other = request.param.split(", ")
    sdk, architecture = other or ("runtime", "x86_64")
    return artifact_of(rotator, sdk, architecture), Source(rotator, sdk=sdk)


@pytest.fixture(scope="module")
def document(artifact: tuple[Path, Source]) -> str:
    folder, source = artifact
    return bill(folder, find_wheels(folder, source.pinned), MADE)


def test_every_package_of_the_artifact_is_in_it_and_nothing_else(
    artifact: tuple[Path, Source], document: str
) -> None:
    folder, _ = artifact
    found = {}
    for metadata in folder.glob("*.dist-info/METADATA"):
        name, version = re.findall(r"^(?:Name|Version): (.*)$", metadata.read_text(), re.MULTILINE)
        found[name.replace("_", "-").lower()] = version
    components = described(document)
    assert components.pop(CERTIFICATES)["type"] == "file"
    assert {name: each["version"] for name, each in components.items()} == found
    for name, each in components.items():
        assert each["purl"] == f"pkg:pypi/{name}@{each['version']}"
        assert each["licenses"]


def test_each_hash_is_a_pinned_one_of_that_version(
    artifact: tuple[Path, Source], document: str
) -> None:
    pins = {
        (pin.name, pin.version): pin.hashes for file in artifact[1].pinned for pin in read(file)
    }
    for name, each in described(document).items():
        (digest_of_it,) = [entry["content"] for entry in each["hashes"]]
        if name != CERTIFICATES:
            assert digest_of_it in pins[name, each["version"]]


def test_the_libraries_inside_the_driver_are_named(
    artifact: tuple[Path, Source], document: str
) -> None:
    if artifact[1].rotator == "generated":
        (openssl,) = [
            each
            for each in described(document)["cryptography"]["components"]
            if each["purl"].startswith("pkg:generic/openssl@")
        ]
        assert int(openssl["version"].partition(".")[0]) >= 3
        return
    if artifact[1].rotator != "postgres":
        assert "components" not in json.dumps(json.loads(document)["components"])
        return
    inside = {each["name"]: each for each in described(document)["psycopg-binary"]["components"]}
    there = artifact[0].glob("psycopg_binary.libs/*")
    assert inside.keys() >= {str(path.relative_to(artifact[0])) for path in there}
    assert inside["cyrus-sasl-lib"]["purl"].startswith("pkg:rpm/")  # as the wheel's own bill says
    (openssl,) = [each for name, each in inside.items() if "/libcrypto-" in name]
    assert openssl["version"].startswith("3.")


def test_its_digest_is_what_the_shell_says_of_the_files(
    artifact: tuple[Path, Source], document: str
) -> None:
    # The command of docs/artifacts.md.
    written = (artifacts.ROOT / "docs" / "artifacts.md").read_text()
    (command,) = re.findall(r"^(find \. -type f .*)$", written, re.MULTILINE)
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - whichever shell the person has
        cwd=artifact[0],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split()[0] == digest(artifact[0])
    properties = json.loads(document)["metadata"]["component"]["properties"]
    assert {"name": "secret-rotators:files-sha256", "value": digest(artifact[0])} in properties


def test_another_build_gives_the_same_bytes(artifact_of: Built, tmp_path: Path) -> None:
    source = Source("mysql")
    again = tmp_path / "again"
    sam_build(OF_EACH_KIND["mysql"], again)
    first = artifact_of("mysql", "runtime", "x86_64")
    documents = [bill(made, find_wheels(made, source.pinned), MADE) for made in (first, again)]
    assert documents[0] == documents[1]


def test_a_package_that_is_not_pinned_is_refused(
    artifact: tuple[Path, Source], tmp_path: Path
) -> None:
    folder, source = artifact
    others = []
    for file in source.pinned:
        others.append(tmp_path / file.name)
        others[-1].write_text(re.sub(r"sha256:\w{4}", "sha256:0000", file.read_text()))
    with pytest.raises(SystemExit, match=r"not among the pinned files: .*jmespath-"):
        find_wheels(folder, tuple(others))


def test_make_writes_one_for_each_function_and_all_are_valid(tmp_path: Path) -> None:
    done = _run("local.supply.sbom", "--into", str(tmp_path))
    assert done.returncode == 0, done.stderr
    every = [*FUNCTIONS, *template.watchers()]
    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.cdx.json" for name in every}
    for name in every:
        component = json.loads((tmp_path / f"{name}.cdx.json").read_text())["metadata"]["component"]
        assert component["name"] == name
        assert f"{name}.cdx.json: valid CycloneDX 1.6" in done.stdout


def test_what_is_not_cyclonedx_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.json"
    file.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{}]})
    )
    done = _run("local.supply", "sbom.schema", str(file))
    assert done.returncode == 1
    assert "not valid" in done.stdout


def _run(*module: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *module],
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
