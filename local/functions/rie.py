"""AWS's Runtime Interface Emulator, taken once from the SAM CLI's wheel by its hash."""

import hashlib
import platform
import shutil
from pathlib import Path

from local import bootstrap
from local.build import artifacts

REQUIREMENTS = bootstrap.ROOT / "requirements" / "emulator.txt"
FOLDER = bootstrap.CACHE / "rie"
# Lambda's names for what `uname -m` says.
_ARCHITECTURES = {"x86_64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


def emulator() -> Path:
    """Where the emulator is for this machine; fetched when it is not there yet."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise SystemExit(f"the Lambda emulator does not exist for {machine}")
    # Named by the pin, so that another one is fetched when the pin moves.
    pin = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    binary = FOLDER / f"aws-lambda-rie-{_ARCHITECTURES[machine]}-{pin}"
    with bootstrap.hold_lock(FOLDER / ".lock"):
        if not binary.is_file():
            _fetch(binary, _ARCHITECTURES[machine])
    return binary


def _fetch(binary: Path, architecture: str) -> None:
    bootstrap.say("fetching AWS's Lambda emulator")
    unpacked = FOLDER / "wheel"
    alone = (*artifacts.local_target(), "--no-deps", "--no-cache")
    artifacts.install((REQUIREMENTS,), unpacked, alone)
    (found,) = unpacked.glob(f"samcli/local/rapid/aws-lambda-rie-{architecture}")
    found.chmod(0o755)
    found.rename(binary)
    shutil.rmtree(unpacked)
