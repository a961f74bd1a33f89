"""Which wheels an artifact was unpacked from: by what they left in it, and by the registry."""

import tomllib
import urllib.parse
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path

from packaging.tags import parse_tag
from packaging.utils import canonicalize_name, parse_wheel_filename

from local.supply import registry
from local.supply.pins import read


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel by its file's name and SHA-256, with the folder and metadata that it left."""

    name: str
    version: str
    filename: str
    sha256: str
    info: Path
    metadata: Message


def find_wheels(artifact: Path, pinned: tuple[Path, ...]) -> list[Wheel]:
    """Those in the artifact, by name; SystemExit if one is not among the pinned files."""
    listed = [each for requirements in pinned for each in _listed(requirements)]
    hashes = {digest for file in pinned for pin in read(file) for digest in pin.hashes}
    found = [_wheel(info, listed) for info in sorted(artifact.glob("*.dist-info"))]
    unknown = [wheel.filename for wheel in found if wheel.sha256 not in hashes]
    if unknown:
        raise SystemExit(f"not among the pinned files: {', '.join(unknown)}")
    return sorted(found, key=lambda wheel: wheel.name)


def _wheel(info: Path, listed: list[tuple[str, str]]) -> Wheel:
    metadata = _headers(info / "METADATA")
    name, version = canonicalize_name(metadata["Name"]), metadata["Version"]
    written = _headers(info / "WHEEL").get_all("Tag", ())
    tags = frozenset(tag for each in written for tag in parse_tag(each))
    for filename, digest in listed:
        of, its_version, _, its_tags = parse_wheel_filename(filename)
        if (of, str(its_version), its_tags) == (name, version, tags):
            return Wheel(name, version, filename, digest, info, metadata)
    raise SystemExit(f"the registry has no wheel like {info.name}")


def _listed(requirements: Path) -> list[tuple[str, str]]:
    """The wheels that the registry has of what is pinned: (file name, SHA-256)."""
    lock, _ = registry.compile_pins(requirements, "--format", "pylock.toml")
    return [
        (urllib.parse.unquote(wheel["url"].rpartition("/")[2]), wheel["hashes"]["sha256"])
        for package in tomllib.loads(lock)["packages"]
        for wheel in package.get("wheels", ())
    ]


def _headers(file: Path) -> Message:
    return HeaderParser().parsestr(file.read_text())
