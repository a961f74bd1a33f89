"""Run one of the checks with the tools of requirements/audit.txt, in their own environment.

Without a check it only makes that environment.
"""

import subprocess
import sys

from local import bootstrap

FOLDER = ".cache/audit"
CHECKS = ("audit", "secret_scan", "sbom.schema")


def main(check: str = "", *options: str) -> int:
    """The check's exit code: 0 for nothing found, 1 for something or what cannot be done."""
    bootstrap.sync(FOLDER, "audit.txt")
    if not check:
        return 0
    if check not in CHECKS:
        raise SystemExit(f"one of {', '.join(CHECKS)}: {check!r}")
    python = bootstrap.ROOT / FOLDER / "bin" / "python"
    command = [str(python), "-m", f"local.supply.{check}", *options]
    return subprocess.run(command, cwd=bootstrap.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
