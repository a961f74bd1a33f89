"""Run one of the checks with the tools of requirements/audit.txt, in their own environment."""

import subprocess
import sys

from local import bootstrap

FOLDER = ".cache/audit"
CHECKS = ("audit", "secret_scan", "sbom")


def main(check: str, *options: str) -> int:
    """The check's exit code: 0 for nothing found, 1 for something, 2 for what cannot be done."""
    if check not in CHECKS:
        raise SystemExit(f"one of {', '.join(CHECKS)}: {check!r}")
    bootstrap.sync(FOLDER, "audit.txt")
    python = bootstrap.ROOT / FOLDER / "bin" / "python"
    command = [str(python), "-m", f"local.supply.{check}", *options]
    return subprocess.run(command, cwd=bootstrap.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if sys.argv[1:] else main(""))
