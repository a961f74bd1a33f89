"""Run by Lambda's Python in a process of its own: compile each module below a folder.

Standard library only; `local` cannot be imported here.
"""

import py_compile
import sys
from fnmatch import fnmatch
from pathlib import Path


# What no function loads, and is large: byte code of it would only be more to fetch at a start.
UNUSED = (
    "aws_lambda_powertools/event_handler/*",
    "aws_lambda_powertools/utilities/*/*",
    "botocore/docs/*/*",
    "psycopg/crdb/*",
)


def main(folder: Path) -> None:
    """Byte code beside each module, which Python takes without a look at the module itself."""
    for module in sorted(folder.rglob("*.py")):
        if any(fnmatch(module.relative_to(folder).as_posix(), unused) for unused in UNUSED):
            continue
        try:
            py_compile.compile(
                str(module),
                # As in Lambda: a traceback has the place there and not that of this build.
                dfile=str(module.relative_to(folder)),
                doraise=True,
                optimize=0,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:  # a package's file for another Python
            continue


if __name__ == "__main__":
    main(Path(sys.argv[1]))
