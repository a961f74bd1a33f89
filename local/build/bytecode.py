"""An artifact's byte code: Lambda's disk is read-only, so Python there cannot keep its own.

Standard library only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_COMPILER = Path(__file__).with_name("compiler.py")
# What a start costs without, as `make bench-artifacts` measures it.
PRICE = "each cold start compiles its code anew, and takes half as long again"


def compile_all(artifact: Path, python: str) -> None:
    """Compile every module with this Python, to the same bytes each time."""
    # What a module is compiled to depends on the seed and on the strings there are: one seed, a
    # new process, and no word of the artifact's own path in it.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    subprocess.run(
        [python, "-B", "-P", "-S", "-W", "ignore", _COMPILER],
        cwd=artifact,
        env={**environment, "PYTHONHASHSEED": "0"},
        check=True,
    )


def python_of(version: str) -> str | None:
    """A Python of this version on this machine, such as 3.13; None where there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    kept = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    named = (sys.executable, shutil.which(f"python{version}"), *map(str, kept))
    return next((each for each in named if each and _version_of(each) == version), None)


def _version_of(python: str) -> str:
    """The version of CPython that it is; nothing where it does not run, as some shims do not."""
    code = "import sys; print(sys.implementation.name, '%d.%d' % sys.version_info[:2])"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    implementation, _, version = found.stdout.strip().partition(" ")
    return version if found.returncode == 0 and implementation == "cpython" else ""
