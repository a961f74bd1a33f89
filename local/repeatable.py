"""Artifacts that are small, and the same bytes however often they are built.

Standard library only.
"""

import io
import os
import shutil
import zipfile
from pathlib import Path

# The oldest time that a zip can hold; SAM's own zip takes times and modes from the files.
_TIME = (1980, 1, 1, 0, 0, 0)
_SECONDS = 315_532_800
MEGABYTE = 1_000_000
_SERVICES = ("secretsmanager", "rds")


def settle(artifact: Path) -> None:
    """Give every file and folder one time and one mode, and drop what tells of this build."""
    for path in sorted(artifact.rglob("*"), reverse=True):
        if path.parent.suffix == ".dist-info" and path.name in _TELLTALES:
            path.unlink()
            continue
        if path.parent.suffix == ".dist-info" and path.name == "RECORD":
            path.write_text(_record(path.read_text()))
        path.chmod(0o755 if path.is_dir() or path.suffix == ".so" else 0o644)
        os.utime(path, (_SECONDS, _SECONDS))
    artifact.chmod(0o755)
    os.utime(artifact, (_SECONDS, _SECONDS))


def prune_sdk(artifact: Path) -> None:
    """Of a bundled SDK's 400 services leave those that the functions call."""
    for data, kept in (
        (artifact / "botocore" / "data", _SERVICES),
        (artifact / "boto3" / "data", ()),
    ):
        for folder in data.iterdir() if data.is_dir() else ():
            if folder.is_dir() and folder.name not in kept:
                shutil.rmtree(folder)
    shutil.rmtree(artifact / "boto3" / "examples", ignore_errors=True)


def zipped(artifact: Path) -> bytes:
    """The folder as one zip: what Lambda stores, the same bytes for the same files."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for path in sorted(path for path in artifact.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(artifact).as_posix(), _TIME)
            entry.external_attr = path.stat().st_mode << 16
            zip_file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def sizes(artifact: Path) -> str:
    """Megabytes unpacked and zipped, for a person."""
    unpacked = sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())
    return f"{unpacked / MEGABYTE:.1f} MB, {len(zipped(artifact)) / MEGABYTE:.1f} MB zipped"


# Where a package came from, and by which tool: pip's and uv's own notes.
_TELLTALES = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


def _record(text: str) -> str:
    """Of a wheel's list of files those that are still there: no script, and no telltale."""
    lines = (line for line in text.splitlines() if line)
    kept = [
        line
        for line in lines
        if not line.startswith("..") and Path(line.split(",")[0]).name not in _TELLTALES
    ]
    return "".join(f"{line}\n" for line in sorted(kept))
