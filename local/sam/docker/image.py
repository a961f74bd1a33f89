"""A stand-in for Lambda's Python image, which is on no registry that this machine need reach.

Debian's CPython 3.13 under /usr, and in /var/runtime AWS's own runtime client and boto3, pinned.
"""

import hashlib
import tarfile
import tempfile
from pathlib import Path

from local import bootstrap
from local.bootstrap import say
from local.build import artifacts
from local.sam.docker.engine import Engine
from local.sam.docker.packages import unpack_once
from local.servers.prefix import STAMP

NAME = "rotation-lambda:3.13"
RAPID = "rotation-lambda:rapid-x86_64"  # what SAM makes of it: the same with its emulator in it
OPTIONS = ("--skip-pull-image", "--invoke-image", NAME)
PYTHON = "3.13"
# Trixie is the Debian that has it; the others are for SAM's own step: sh, mv and chmod.
ROOT_FILES = ("trixie", (f"python{PYTHON}", "dash", "coreutils", "libstdc++6"))
RUNTIME = bootstrap.ROOT / "requirements" / "lambda_runtime.txt"
BOOTSTRAP = f"""\
#!/bin/sh
exec /usr/bin/python{PYTHON} -m awslambdaric "$_HANDLER"
"""
CHANGES = (
    "ENV LANG=en_US.UTF-8 TZ=:UTC PATH=/usr/local/bin:/usr/bin:/bin",
    # As on Lambda: the function's own first, then a layer's, then the runtime's.
    "ENV LAMBDA_TASK_ROOT=/var/task PYTHONPATH=/var/task:/opt/python:/var/runtime",
    "WORKDIR /var/task",
)
LABEL = "stand-in"


def ensure(engine: Engine) -> str:
    """Make the image in this engine if it is not there as wanted; its name."""
    digest = hashlib.sha256(
        repr((ROOT_FILES, RUNTIME.read_bytes(), BOOTSTRAP, CHANGES)).encode()
    ).hexdigest()
    if engine.labels(NAME).get(LABEL) == digest:
        return NAME
    files = unpack_once(*ROOT_FILES)
    say("making a stand-in for Lambda's image")
    with tempfile.TemporaryDirectory(prefix="rotate-image-") as scratch:
        packed = _pack(files, Path(scratch))
        for image in (RAPID, NAME):
            engine.forget(image)
        with packed.open("rb") as tar:
            engine.take(NAME, tar, (*CHANGES, f"LABEL {LABEL}={digest}"))
    return NAME


def _pack(files: Path, scratch: Path) -> Path:
    """Add what is Lambda's to Debian's files; a tar of it all."""
    lambda_files = scratch / "ours"
    runtime = lambda_files / "var/runtime"
    artifacts.install((RUNTIME,), runtime, artifacts.lambda_target("x86_64", PYTHON))
    start = runtime / "bootstrap"
    start.write_text(BOOTSTRAP)
    start.chmod(0o755)
    for empty in ("tmp", "var/task", "opt"):
        (lambda_files / empty).mkdir()
        (lambda_files / empty).chmod(0o1777)
    if not (files / "usr/bin/sh").exists():
        (lambda_files / "usr/bin").mkdir(parents=True)
        (lambda_files / "usr/bin/sh").symlink_to("dash")
    packed = scratch / "root.tar"
    with tarfile.open(packed, "w") as tar:
        for entry in (
            *sorted(set(files.iterdir()) - {files / STAMP}),
            *sorted(lambda_files.iterdir()),
        ):
            tar.add(entry, entry.name, filter=_everybodys)
    return packed


def _everybodys(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Root's, and readable to whoever the function runs as."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mode |= 0o555 if entry.isdir() else 0o444
    return entry
