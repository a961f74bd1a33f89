"""Artifacts that are small, and the same bytes however often they are built.

Standard library only.
"""

import csv
import io
import os
import shutil
import zipfile
from pathlib import Path

# The oldest time that a zip can hold, and the one that SAM writes into its own.
_TIME = (1980, 1, 1, 0, 0, 0)
_SECONDS = 315_532_800
MEGABYTE = 1_000_000
# Where a package came from, and by which tool: pip's and uv's own notes.
_TELLTALES = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
# Of Powertools' utilities those that its logger loads.
_POWERTOOLS_USES = frozenset({"jmespath_utils"})


def make_repeatable(artifact: Path) -> None:
    """Give every file and folder one time and one mode, and drop what tells of this build."""
    for info in artifact.glob("*.dist-info"):
        for name in _TELLTALES:
            (info / name).unlink(missing_ok=True)
    for record in artifact.glob("*.dist-info/RECORD"):
        record.write_text(_record(record.read_text(), artifact))
    # SAM's zip takes the modes from here; folders last, as their times change with what is inside.
    for path in (*sorted(artifact.rglob("*"), reverse=True), artifact):
        path.chmod(0o755 if path.is_dir() or path.suffix == ".so" else 0o644)
        os.utime(path, (_SECONDS, _SECONDS))


def _record(text: str, artifact: Path) -> str:
    """Of a wheel's list of files those that are still there, in one order."""
    kept = [
        row
        for row in csv.reader(text.splitlines())
        if not row[0].startswith("..") and (artifact / row[0]).is_file()
    ]
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows(sorted(kept))
    return written.getvalue()


def prune_sdk(artifact: Path, services: tuple[str, ...]) -> None:
    """Of a bundled SDK's 400 services leave these, each in the one version that it takes."""
    for service in _folders(artifact / "botocore" / "data"):
        if service.name not in services:
            shutil.rmtree(service)
            continue
        *older, latest = _folders(service)
        for version in older:
            shutil.rmtree(version)
        (latest / "examples-1.json").unlink(missing_ok=True)  # for its documentation


def prune_powertools(artifact: Path) -> None:
    """Of Powertools leave what logs and metrics need: not its web server, parsers and the like."""
    powertools = artifact / "aws_lambda_powertools"
    for part in (powertools / "event_handler", *_folders(powertools / "utilities")):
        if part.name not in _POWERTOOLS_USES:
            shutil.rmtree(part, ignore_errors=True)


def prune_cffi(artifact: Path) -> None:
    """Of cffi leave its backend, all that cryptography loads: the rest is for making bindings."""
    for part in ("cffi", "pycparser", *(each.name for each in artifact.glob("pycparser-*"))):
        shutil.rmtree(artifact / part, ignore_errors=True)


def _folders(folder: Path) -> list[Path]:
    """Those in it, if it is there; versions are dates, so the latest is the last."""
    return sorted(path for path in folder.glob("*") if path.is_dir())


def zipped(artifact: Path) -> bytes:
    """The folder as one zip, as SAM makes it but for the order, which here is always the same."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as zip_file:
        for path in sorted(path for path in artifact.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(artifact).as_posix(), _TIME)
            entry.external_attr = path.stat().st_mode << 16
            zip_file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def measured(artifact: Path) -> tuple[float, float]:
    """Megabytes, unpacked and zipped."""
    unpacked = sum(path.stat().st_size for path in artifact.rglob("*") if path.is_file())
    return unpacked / MEGABYTE, len(zipped(artifact)) / MEGABYTE


def sizes(artifact: Path) -> str:
    """Megabytes unpacked and zipped, for a person."""
    unpacked, packed = measured(artifact)
    return f"{unpacked:.1f} MB, {packed:.1f} MB zipped"
