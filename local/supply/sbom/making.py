"""Artifacts as SAM builds them, each with its bill of materials."""

import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local import bootstrap, template
from local.build import artifacts, bytecode
from local.build.source import Source, Watch, source_of
from local.supply import pins
from local.supply.sbom.bill import BuildFacts, bill
from local.supply.sbom.wheels import find_wheels

ROOT = bootstrap.ROOT
# What decides what is in an artifact.
SOURCES = ("shared", "rotators", "watch", "rotctl", "requirements", "local", "pyproject.toml")


@dataclass(frozen=True, slots=True)
class Wanted:
    """For what, and of what, artifacts are built: as the options of `make build-<function>`."""

    architecture: str = "x86_64"
    python_version: str = "3.13"
    sdk: str = "runtime"


@dataclass(frozen=True, slots=True)
class Made:
    """A function's artifact, the bill of it as JSON, and how many packages are in it.

    artifact: a folder that is there until the next one is asked for.
    """

    function: str
    artifact: Path
    bill: str
    packages: int


def make(wanted: Wanted, functions: list[str] | None = None) -> Iterator[Made]:
    """Build those of the template, or these; one artifact for all that have the same source."""
    target = artifacts.lambda_target(wanted.architecture, wanted.python_version)
    python = bytecode.python_of(wanted.python_version)
    properties = {
        "commit": commit(),
        "architecture": wanted.architecture,
        "python": wanted.python_version,
        "sdk": wanted.sdk,
    }
    by_source: dict[Source | Watch, list[str]] = {}
    for name in (*template.functions(), *template.watchers()):
        if name in (functions or [name]):
            by_source.setdefault(source_of(name, wanted.sdk), []).append(name)
    for source, names in by_source.items():
        with tempfile.TemporaryDirectory() as folder:
            artifact = Path(folder)
            artifacts.build(source, artifact, target, python)
            wheels = find_wheels(artifact, source.pinned)
            for name in names:
                facts = BuildFacts(name, version(), timestamp(), properties, certificates_from())
                yield Made(name, artifact, bill(artifact, wheels, facts), len(wheels))


def version() -> str:
    """Our own."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return str(project["version"])


def commit() -> str:
    """The commit that is built, and whether something was changed since; nothing without git."""
    if not (head := git("rev-parse", "HEAD")):
        return "unknown"
    return f"{head}-modified" if git("status", "--porcelain", "--", *SOURCES) else head


def timestamp() -> str:
    """When the commit was made, in UTC; without git the oldest time that a zip can hold."""
    seconds = int(git("log", "-1", "--format=%ct") or 315_532_800)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def certificates_from() -> str:
    """The pinned wheel that RDS's certificates were taken from."""
    (pin,) = pins.read(ROOT / "requirements" / "rds_certificates.txt")
    return f"{pin.name} {pin.version}"


def git(*command: str) -> str:
    """What git says, or nothing."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), *command],  # noqa: S607 - whichever git the person has
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
