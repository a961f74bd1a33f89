"""`make sbom`: write each function's bill of materials to build/sbom/<Function>.cdx.json.

Each is made from an artifact as SAM builds it, and held to CycloneDX's own schema.
"""

import argparse
import sys
from pathlib import Path

from local import bootstrap
from local.build import artifacts
from local.supply import __main__ as supply
from local.supply.sbom.making import Wanted, make


def main() -> int:
    """Write them all, say where, and validate them; the validator's exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("functions", nargs="*", help="all, if none is named")
    parser.add_argument("--into", type=Path, default=bootstrap.ROOT / "build" / "sbom")
    parser.add_argument("--architecture", default="x86_64", choices=artifacts.PLATFORMS)
    parser.add_argument("--python-version", default="3.13")
    parser.add_argument("--sdk", choices=("runtime", "bundled"), default="runtime")
    asked = parser.parse_args()
    asked.into.mkdir(parents=True, exist_ok=True)
    files = []
    for made in make(Wanted(asked.architecture, asked.python_version, asked.sdk), asked.functions):
        files.append(asked.into / f"{made.function}.cdx.json")
        files[-1].write_text(made.bill)
        bootstrap.say(f"{files[-1].name}: {made.packages} packages")
    return supply.main("sbom.schema", *map(str, files))


if __name__ == "__main__":
    sys.exit(main())
