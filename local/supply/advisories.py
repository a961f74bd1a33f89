"""Two places that know of vulnerable versions: OSV, through pip-audit, and safety-db's file."""

import json
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from local.supply.pins import read

SECONDS = 5


def reachable(osv: str) -> bool:
    """Whether something listens there; what it answers is pip-audit's to judge."""
    url = urllib.parse.urlsplit(osv)
    place = (url.hostname or "", url.port or {"https": 443}.get(url.scheme, 80))
    try:
        with socket.create_connection(place, SECONDS):
            return True
    except OSError:
        return False


def of_osv(requirements: Path, osv: str) -> Iterator[str]:
    """What OSV knows of these versions; SystemExit if it was not asked of each of them."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"),
            *("--vulnerability-service", "osv", "--osv-url", osv),
            *("--disable-pip", "--no-deps", "--requirement", requirements),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        audited = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise SystemExit(f"pip-audit failed:\n{done.stderr[-2000:]}") from None
    # A package that it could not ask about is left out with a note, and the exit code is 0.
    asked = {canonicalize_name(each["name"]) for each in audited if "skip_reason" not in each}
    left_out = {pin.name for pin in read(requirements)} - asked
    if left_out:
        raise SystemExit(f"pip-audit left out {', '.join(sorted(left_out))}")
    for each in audited:
        for known in each["vulns"]:
            what = f"{requirements.name}: {canonicalize_name(each['name'])} {each['version']}"
            names = (known["id"], *known.get("aliases", ()))
            fixed = known.get("fix_versions")
            instead = f"; fixed in {', '.join(fixed)}" if fixed else ""
            yield f"{what} is vulnerable: {', '.join(names)}{instead}"


def age() -> str:
    """Of which day safety-db's advisories are, and how many days ago that was."""
    of = datetime.fromtimestamp(_safety_db()["$meta"]["timestamp"], UTC)
    days = (datetime.now(UTC) - of).days
    return f"those of safety-db, of {of:%Y-%m-%d}, {days} days old"


def of_safety_db(requirements: Path) -> Iterator[str]:
    """What was known of these versions when it was made."""
    known = _safety_db()
    for pinned in read(requirements):
        for advisory in known.get(pinned.name, ()):
            ranges = map(SpecifierSet, advisory["specs"])
            if any(each.contains(pinned.version, prereleases=True) for each in ranges):
                names = filter(None, (advisory["id"], advisory["cve"]))
                what = f"{requirements.name}: {pinned.name} {pinned.version}"
                yield f"{what} is vulnerable: {', '.join(names)}"


def _safety_db() -> dict[str, Any]:
    # Read as a file: imported, the package looks for it in the current folder.
    file = distribution("safety-db").locate_file("safety_db/insecure_full.json")
    known: dict[str, Any] = json.loads(Path(str(file)).read_text())
    return known
