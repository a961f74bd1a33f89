"""`make lock`: compile each dependency group of pyproject.toml to requirements/<group>.txt.

Every file has hashes and names no registry; all agree, because each is held to the first.
The others (bootstrap, emulator, rds_certificates) are one pinned package each, edited by hand.
"""

import sys

from local.bootstrap import ROOT, UV, run, say
from local.kinds import kinds

GROUPS = ("dev", *kinds(), "clients", "lambda_runtime", "sdk")
# In an environment of its own: it asks for other versions of what the others share.
APART = ("audit", "bench", "checkov", "examples", "npm", "sam", "transform")
OLDEST_PYTHON = "3.11"


def main(*options: str) -> None:
    """Compile them all; `--upgrade` takes newer versions than those pinned now."""
    for group in (*GROUPS, *APART):
        compile_group(group, *options)


def compile_group(group: str, *options: str) -> None:
    """One of them; held to the first, but for those that stand apart.

    The project's own dependencies, which are rotctl's, are in none but by their names in `dev`.
    """
    say(f"compiling requirements/{group}.txt")
    held = () if group in ("dev", *APART) else ("--constraint", "requirements/dev.txt")
    run(
        *(UV / "bin" / "uv", "pip", "compile", "--quiet", "--group", group),
        *("--generate-hashes", "--universal", "--python-version", OLDEST_PYTHON),
        *("--no-header", "--no-annotate", "--output-file", f"requirements/{group}.txt"),
        *held,
        *options,
        cwd=ROOT,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
