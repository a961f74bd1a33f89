"""Build a function's artifact: `shared`, one kind of rotator, its hash-checked driver, no more.

Standard library only: SAM runs it with whatever Python 3.11+ it finds (see the Makefile).
"""

import argparse
import fcntl
import hashlib
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import bootstrap, repeatable

ROOT = bootstrap.ROOT
ARTIFACTS = bootstrap.CACHE / "artifacts"
LAMBDA_PYTHON = bootstrap.CACHE / "lambda" / "bin" / "python"
OURS = ("shared", "rotators")
# What a rotator reads beside its code, in `rotators`.
DATA = {"http_api_key": ("issuers/*.json",)}
# glibc 2.28 and newer: Lambda's Amazon Linux 2023 has 2.34. An older tag makes pip's resolvers
# fall back, silently, to a psycopg without current arm64 wheels.
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


@dataclass(frozen=True, slots=True)
class Source:
    """What an artifact is made from: the tree, the rotator's module name, the pinned wheels."""

    rotator: str
    root: Path = ROOT
    sdk: str = "runtime"  # or "bundled"

    @property
    def requirements(self) -> Path:
        """The rotator's own group of pinned wheels."""
        return self.root / "requirements" / f"{self.rotator}.txt"

    @property
    def pinned(self) -> tuple[Path, ...]:
        """All that is installed: its own, and boto3 where that is to be bundled."""
        bundled = (self.root / "requirements" / "sdk.txt",) if self.sdk == "bundled" else ()
        return (self.requirements, *bundled)

    def files(self) -> list[Path]:
        """Our own files that go into the artifact, relative to the root, sorted."""
        folder = self.root / "rotators"
        names = (
            "__init__.py",
            f"{self.rotator}.py",
            f"{self.rotator}_*.py",
            *DATA.get(self.rotator, ()),
        )
        found = [path for name in names for path in folder.glob(name)]
        found += (self.root / "shared").rglob("*")
        relative = [path.relative_to(self.root) for path in found if path.is_file()]
        return sorted(path for path in relative if not _made_by_tools(path))

    def digest(self, target: tuple[str, ...]) -> str:
        """Changes when anything that decides the artifact's content does."""
        state = hashlib.sha256(repr(target).encode())
        for path in (*self.files(), self.requirements.relative_to(self.root)):
            content = hashlib.sha256((self.root / path).read_bytes()).hexdigest()
            state.update(f"{path}\0{content}\n".encode())
        for code in (__file__, repeatable.__file__):
            state.update(Path(code).read_bytes())
        return state.hexdigest()


def _made_by_tools(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)


def lambda_target(architecture: str, python_version: str) -> tuple[str, ...]:
    """The options that make uv choose wheels for Lambda."""
    platform = PLATFORMS.get(architecture)
    if platform is None:
        raise SystemExit(f"ARCHITECTURE must be one of {', '.join(PLATFORMS)}: {architecture!r}")
    return ("--python-platform", platform, "--python-version", python_version)


def local_target() -> tuple[str, ...]:
    """The options that make uv choose wheels for the emulator's Python, on this machine."""
    return ("--python", str(LAMBDA_PYTHON))


def build(source: Source, artifact: Path, target: tuple[str, ...]) -> None:
    """Fill the folder, emptied first; SystemExit says what is wrong with the dependencies."""
    for path in artifact.iterdir() if artifact.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    install(source.pinned, artifact, target)
    refuse_clash(artifact, source.requirements)
    repeatable.prune_sdk(artifact)
    for path in source.files():
        copy = artifact / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.root / path, copy)
    repeatable.settle(artifact)


def install(pinned: tuple[Path, ...], artifact: Path, target: tuple[str, ...]) -> None:
    """Unpack the pinned wheels into the folder; nothing is ever built from source."""
    bootstrap.install_uv()
    # Copies: a hard link would let a change in an artifact reach uv's cache.
    options = ("--link-mode", "copy", "--only-binary", ":all:", "--require-hashes", "--no-compile")
    bootstrap.run(
        *(bootstrap.UV / "bin" / "uv", "pip", "install", "--quiet", "--no-config"),
        *("--no-python-downloads", *target, *options),
        *("--target", artifact),
        *(word for requirements in pinned for word in ("--requirement", requirements)),
    )
    shutil.rmtree(artifact / "bin", ignore_errors=True)  # console scripts: Lambda has no console
    (artifact / ".lock").unlink(missing_ok=True)


def refuse_clash(artifact: Path, requirements: Path) -> None:
    """`shared` is a package on PyPI too: two of one name would merge into one folder, silently."""
    for ours in OURS:
        if any(found.name.split(".")[0] == ours for found in artifact.iterdir()):
            raise SystemExit(
                f"a dependency in requirements/{requirements.name} ships a top-level `{ours}`,"
                " which is our own package's name; drop or replace that dependency"
            )


def build_local(rotators: dict[str, str], folder: Path = ARTIFACTS) -> dict[str, Path]:
    """Build {function: rotator} for this machine where something changed; {function: artifact}."""
    folder.mkdir(parents=True, exist_ok=True)
    target = local_target()
    with locked(folder / ".lock"):
        for function, rotator in rotators.items():
            source = Source(rotator)
            stamp, digest = folder / f".{function}.built", source.digest((*target, interpreter()))
            if stamp.is_file() and stamp.read_text() == digest:
                continue
            bootstrap.say(f"building {function}")
            # Beside, then renamed: a failed build must not leave half an artifact with a stamp.
            fresh = folder / f".{function}.new"
            build(source, fresh, target)
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder / function, ignore_errors=True)
            fresh.rename(folder / function)
            stamp.write_text(digest)
    return {function: folder / function for function in rotators}


def interpreter() -> str:
    """Which Python the emulator has: another one needs other wheels."""
    return (LAMBDA_PYTHON.parent.parent / "pyvenv.cfg").read_text()


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One build at a time: test sessions run side by side."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> None:
    """Build one rotator's artifact for Lambda, as SAM asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rotator")
    parser.add_argument("artifact", type=Path)
    parser.add_argument("--architecture", default="x86_64")
    parser.add_argument("--python-version", default="3.13")
    parser.add_argument("--sdk", choices=("runtime", "bundled"), default="runtime")
    asked = parser.parse_args()
    if not asked.artifact.is_absolute():
        raise SystemExit("ARTIFACTS_DIR must be an absolute path; SAM sets it")
    target = lambda_target(asked.architecture, asked.python_version)
    build(Source(asked.rotator, sdk=asked.sdk), asked.artifact, target)
    bootstrap.say(f"{asked.artifact.name}: {repeatable.sizes(asked.artifact)}")


if __name__ == "__main__":
    main()
