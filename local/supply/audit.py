"""`make audit`: fail for pinned versions that are known to be vulnerable or withdrawn.

pip-audit asks OSV, where it can be reached. Elsewhere the advisories are those of safety-db, which
come as a package and are old: what is said tells how old. Runs in the environment of __main__.py.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from local.bootstrap import ROOT
from local.supply import advisories, registry
from local.supply.pins import read

OSV = "https://api.osv.dev/v1/query"


def main() -> int:
    """Print what was asked and what was found; 1 if there was anything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("requirements", nargs="*", type=Path)
    parser.add_argument("--offline", action="store_true", help="ask nobody")
    parser.add_argument("--osv", default=OSV, help="the address of OSV, or of what is like it")
    asked = parser.parse_args()
    files = asked.requirements or sorted((ROOT / "requirements").glob("*.txt"))
    found = sorted(set(_findings(files, "" if asked.offline else asked.osv)))
    for finding in found:
        print(finding)
    pinned = {(pin.name, pin.version) for file in files for pin in read(file)}
    print(f"{len(files)} requirements files, {len(pinned)} pinned versions: {len(found)} findings")
    return 1 if found else 0


def _findings(files: list[Path], osv: str) -> Iterator[str]:
    """What is wrong, a line each; who was asked is printed."""
    if osv and advisories.reachable(osv):
        print(f"advisories: of today, from {osv}, by pip-audit")
        for file in files:
            yield from advisories.of_osv(file, osv)
    else:
        why = "cannot be reached" if osv else "was not asked"
        print(f"advisories: {advisories.age()}; OSV {why}, so nothing newer is known")
        for file in files:
            yield from advisories.of_safety_db(file)
    if osv:
        print("withdrawn versions: of today, from the package registry")
        for file in files:
            yield from registry.withdrawn(file)


if __name__ == "__main__":
    sys.exit(main())
