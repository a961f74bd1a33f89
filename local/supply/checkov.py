"""The security linter on the template, in an environment of its own; `make check` runs it."""

import subprocess
import sys

from local import bootstrap

FOLDER = ".cache/checkov"


def main() -> int:
    """Its exit code; what it found is printed, and the exceptions stand in .checkov.yaml."""
    bootstrap.sync(FOLDER, "checkov.txt")
    done = subprocess.run(
        [bootstrap.ROOT / FOLDER / "bin" / "checkov", "--config-file", ".checkov.yaml"],
        cwd=bootstrap.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    # Its log tells of its vendor's service, which it cannot reach and does not need.
    print(
        done.stdout.strip() or (done.stderr[-2000:] if done.returncode else "template.yaml: secure")
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
