"""What the package registry says today of the pinned versions: withdrawn ones, and files gone."""

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from local import bootstrap

UNIVERSAL = ("--universal", "--no-deps", "--python-version", "3.11", "--no-header", "--no-annotate")


def compile_pins(requirements: Path, *options: str) -> tuple[str, str]:
    """What uv makes of the pins with these options, and what it warns of.

    SystemExit if the registry has one of them no more.
    """
    bootstrap.install_uv()
    uv = bootstrap.UV / "bin" / "uv"
    words = ("pip", "compile", *UNIVERSAL, *options)
    with tempfile.TemporaryDirectory() as nowhere:  # with no settings of a project around it
        done = bootstrap.run(uv, *words, requirements, cwd=Path(nowhere), check=False, quiet=True)
    if done.returncode:
        raise SystemExit(f"{requirements.name}: {done.stderr.strip()[-2000:]}")
    return done.stdout, done.stderr


def withdrawn(requirements: Path) -> Iterator[str]:
    """The pinned versions that their makers have withdrawn (PEP 592), with their reasons."""
    # Its answers are asked for anew: a cached one is of some other day.
    _, warnings = compile_pins(requirements.resolve(), "--refresh")
    yanked = re.findall(r"`([^`]+)==([^`]+)` is yanked(?: \(reason: \"(.*)\"\))?", warnings)
    for name, version, reason in yanked:
        yield f"{requirements.name}: {name} {version} is withdrawn: {reason or 'no reason given'}"
