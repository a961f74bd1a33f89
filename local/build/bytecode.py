"""An artifact's byte code: Lambda's disk is read-only, so Python there cannot keep its own.

Standard library only.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_COMPILER = Path(__file__).with_name("compiler.py")
# What a start costs without, measured by `make bench-artifacts ARGS=--without-bytecode`.
PRICE = "each cold start compiles the code anew, and takes about 1.7 times as long"


def compile_all(artifact: Path, python: str) -> None:
    """Compile every module with this Python, to the same bytes each time."""
    # One seed and one new process: what a module is compiled to depends on what ran before.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    subprocess.run([python, "-S", "-B", "-P", _COMPILER, artifact], env=environment, check=True)


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
