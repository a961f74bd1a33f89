"""Run one of the checks with the tools of requirements/audit.txt, in their own environment.

Without a check it only makes that environment.
"""

import sys

from local import bootstrap

CHECKS = ("audit", "secret_scan", "sbom.schema")


def main(check: str = "", *options: str) -> int:
    """The check's exit code: 0 for nothing found, 1 for something or what cannot be done."""
    programs = bootstrap.sync(".cache/audit", "audit.txt")
    if not check:
        return 0
    if check not in CHECKS:
        raise SystemExit(f"one of {', '.join(CHECKS)}: {check!r}")
    command = ("-m", f"local.supply.{check}", *options)
    return bootstrap.run(programs / "python", *command, cwd=bootstrap.ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
