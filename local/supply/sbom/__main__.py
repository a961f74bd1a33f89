"""`make sbom`: write each function's bill of materials to build/sbom/<Function>.cdx.json.

Each is made from an artifact as SAM builds it, and held to CycloneDX's own schema.
"""

import argparse
import subprocess
import sys
import tempfile
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from local import bootstrap, template
from local.build import artifacts, bytecode
from local.build.source import Source
from local.supply import __main__ as supply
from local.supply import pins
from local.supply.sbom.bill import BuildFacts, bill
from local.supply.sbom.wheels import find_wheels

ROOT = bootstrap.ROOT
# What decides what is in an artifact.
SOURCES = ("shared", "rotators", "requirements", "local", "pyproject.toml")


def main() -> int:
    """Write them all, say where, and validate them; the validator's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", help="all, if none is named")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "sbom")
    parser.add_argument("--architecture", default="x86_64", choices=artifacts.PLATFORMS)
    parser.add_argument("--python-version", default="3.13")
    parser.add_argument("--sdk", choices=("runtime", "bundled"), default="runtime")
    asked = parser.parse_args()
    properties = {
        "commit": commit(),
        "architecture": asked.architecture,
        "python": asked.python_version,
        "sdk": asked.sdk,
    }
    asked.into.mkdir(parents=True, exist_ok=True)
    target = artifacts.lambda_target(asked.architecture, asked.python_version)
    python = bytecode.python_of(asked.python_version)
    by_rotator: dict[str, list[str]] = {}
    for name, function in template.functions().items():
        if name in (asked.functions or [name]):
            by_rotator.setdefault(function.rotator, []).append(name)
    files = []
    for rotator, functions in by_rotator.items():
        source = Source(rotator, sdk=asked.sdk)
        with tempfile.TemporaryDirectory() as folder:  # of one rotator, and so one artifact
            artifact = Path(folder)
            artifacts.build(source, artifact, target, python)
            wheels = find_wheels(artifact, source.pinned)
            for name in functions:
                made = BuildFacts(name, version(), timestamp(), properties, certificates_from())
                files.append(asked.into / f"{name}.cdx.json")
                files[-1].write_text(bill(artifact, wheels, made))
                bootstrap.say(f"{files[-1].name}: {len(wheels)} packages")
    return supply.main("sbom.schema", *map(str, files))


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


if __name__ == "__main__":
    sys.exit(main())
