"""Run by Lambda's Python in a process of its own: compile each module below the working folder.

Standard library only; `local` cannot be imported here.
"""

import py_compile
from pathlib import Path


def main() -> None:
    """Byte code beside each module, which Python takes without a look at the module itself."""
    names = sorted(path.as_posix() for path in Path().rglob("*.py"))
    for name in names:
        try:
            py_compile.compile(
                name,
                doraise=True,
                optimize=0,
                invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
            )
        except py_compile.PyCompileError:  # a package's file for another Python
            continue


if __name__ == "__main__":
    main()
