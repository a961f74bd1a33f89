"""Make `.venv` from nothing but Python 3.11+ and the package registry; standard library only.

`make` runs this with the system's Python before anything else exists.
uv is installed first (by pip, hash-checked), because it finds a Python 3.13 where there is one
and syncs the environment to the pinned requirements in seconds.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
UV = CACHE / "uv"
ENVIRONMENTS = {".venv": "dev.txt", ".cache/lambda": "lambda_runtime.txt"}


def main() -> None:
    """Bring every environment in step with its requirements file; say what is being done."""
    for folder, requirements in ENVIRONMENTS.items():
        sync(folder, requirements)


def sync(folder: str, requirements: str, python: str = "") -> Path:
    """Bring the environment in this folder in step with a file of `requirements`; its programs.

    One process at a time does, whoever asks. python: another than create() would choose.
    """
    pinned = ROOT / "requirements" / requirements
    stamp = ROOT / folder / ".synced"
    digest = hashlib.sha256(pinned.read_bytes()).hexdigest()

    def synced() -> bool:
        # A Python that was taken from the machine leaves a link to nothing.
        there = stamp.is_file() and (stamp.parent / "bin" / "python").exists()
        return there and stamp.read_text() == digest

    if not synced():
        with hold_lock(CACHE / f"{pinned.stem}.lock"):
            if not synced():
                _install(pinned, ROOT / folder, python)
                stamp.write_text(digest)
    return ROOT / folder / "bin"


def _install(pinned: Path, environment: Path, python: str) -> None:
    install_uv()
    say(f"installing requirements/{pinned.name} into {environment.relative_to(ROOT)}")
    create(environment, python)
    run(
        *(UV / "bin" / "uv", "pip", "sync", "--quiet", "--require-hashes", pinned),
        env={"VIRTUAL_ENV": str(environment)},
    )


def create(environment: Path, python: str = "") -> None:
    """A virtual environment of this Python, else of Lambda's where the machine has it, or ours."""
    if (environment / "bin" / "python").exists():
        return
    uv_venv = (str(UV / "bin" / "uv"), "venv", "--quiet", "--no-python-downloads", "--clear")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    lambdas = ("3.13", *pyenv.glob("versions/3.13.*/bin/python"), sys.executable)
    for each in (python,) if python else lambdas:
        tried = run(*uv_venv, "--python", str(each), environment, quiet=True, check=False)
        if tried.returncode == 0:
            return
    raise SystemExit(f"cannot make a virtual environment in {environment}: {tried.stderr}")


def install_uv() -> None:
    """Fetch uv itself with pip, into a folder of its own."""
    if (UV / "bin" / "uv").exists():
        return
    pip = ("install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--target", UV)
    pinned = ROOT / "requirements" / "bootstrap.txt"
    with hold_lock(CACHE / "uv.lock"), tempfile.TemporaryDirectory() as scratch:
        if (UV / "bin" / "uv").exists():  # another process was faster
            return
        say("installing uv")
        run(
            *(sys.executable, "-m", "pip", *pip, "--requirement", pinned),
            env=pip_environment(Path(scratch)),
        )


def pip_environment(scratch: Path) -> dict[str, str]:
    """Where this Python has no pip (Debian ships it apart), borrow the wheel Debian packages."""
    has_pip = run(sys.executable, "-m", "pip", "--version", quiet=True, check=False)
    if has_pip.returncode == 0:
        return {}
    if not shutil.which("apt-get"):
        raise SystemExit(f"{sys.executable} has no pip; install it and run make again")
    say("this Python has no pip: borrowing Debian's")
    run("apt-get", "download", "--quiet", "python3-pip-whl", cwd=scratch)
    (package,) = scratch.glob("*.deb")
    run("dpkg-deb", "--extract", package, scratch)
    (wheel,) = scratch.glob("usr/share/python-wheels/pip-*.whl")
    return {"PYTHONPATH": str(wheel)}


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """One at a time, whichever process: builds and test sessions run side by side."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(
    *command: str | Path,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    check: bool = True,
    quiet: bool = False,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; its failure ends this one, unless `check` is off."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, "UV_CACHE_DIR": str(CACHE / "uv-cache"), **(env or {})},
        cwd=cwd,
        capture_output=quiet,
        text=True,
        check=False,
    )
    if check and done.returncode:
        raise SystemExit(f"failed: {' '.join(map(str, command))}")
    return done


def say(what: str) -> None:
    """Tell what is being done."""
    print(f"· {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
