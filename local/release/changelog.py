"""CHANGELOG.md: what was released, and the cut that makes a release of what was not."""

import re
from datetime import date

from local.release.version import NotReleasableError, Version

_UNRELEASED = "## [Unreleased]\n"


def released(text: str) -> list[Version]:
    """The versions that have a section, as they stand."""
    return [
        Version.of(found) for found in re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text, re.MULTILINE)
    ]


def cut(text: str, version: Version, day: date) -> str:
    """The changelog with all of [Unreleased] under this version, and [Unreleased] empty above it.

    Raises NotReleasableError where [Unreleased] is missing, or has no entry: no line with `- `.
    """
    before, heading, rest = text.partition(_UNRELEASED)
    if not heading:
        raise NotReleasableError("CHANGELOG.md has no section `## [Unreleased]`: add it")
    section = rest.partition("\n## [")[0]
    if not re.search(r"^- ", section, re.MULTILINE):
        raise NotReleasableError(
            "CHANGELOG.md has no entry under [Unreleased]: say there what has changed"
        )
    return f"{before}{heading}\n## [{version}] - {day.isoformat()}\n{rest}"
