"""The security linter on the template, in an environment of its own; `make check` runs it."""

import json
import sys

from local import bootstrap, template

# It reads no Fn::ForEach, and without a word passes what it does not read.
WRITTEN_OUT = ".cache/template.json"


def main() -> int:
    """Its exit code; what it found is printed, and the exceptions stand in .checkov.yaml."""
    checkov = bootstrap.sync(".cache/checkov", "checkov.txt") / "checkov"
    (bootstrap.ROOT / WRITTEN_OUT).write_text(json.dumps(template.document(), indent=2))
    command = (checkov, "--config-file", ".checkov.yaml", "--file", WRITTEN_OUT)
    done = bootstrap.run(*command, cwd=bootstrap.ROOT, check=False, quiet=True)
    # Its log tells of its vendor's service, which it cannot reach and does not need.
    print(
        done.stdout.strip() or (done.stderr[-2000:] if done.returncode else "template.yaml: secure")
    )
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
