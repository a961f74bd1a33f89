"""Build a function's artifact: `shared`, one kind of rotator, its hash-checked driver, no more.

Standard library only: SAM runs it with whatever Python 3.11+ it finds (see the Makefile).
"""

import argparse
import shutil
from pathlib import Path

from local import bootstrap
from local.build import bytecode, repeatable
from local.build.source import Source, Watch, source_of

ROOT = bootstrap.ROOT
ARTIFACTS = bootstrap.CACHE / "artifacts"
LAMBDA_PYTHON = bootstrap.CACHE / "lambda" / "bin" / "python"
PACKAGES = ("shared", "rotators")
# glibc 2.28 and newer: Lambda's Amazon Linux 2023 has 2.34. An older tag makes pip's resolvers
# fall back, silently, to a psycopg without current arm64 wheels.
PLATFORMS = {"x86_64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}


def lambda_target(architecture: str, python_version: str) -> tuple[str, ...]:
    """The options that make uv choose wheels for Lambda."""
    platform = PLATFORMS.get(architecture)
    if platform is None:
        raise SystemExit(f"ARCHITECTURE must be one of {', '.join(PLATFORMS)}: {architecture!r}")
    return ("--python-platform", platform, "--python-version", python_version)


def local_target() -> tuple[str, ...]:
    """The options that make uv choose wheels for the emulator's Python, on this machine."""
    return ("--python", str(LAMBDA_PYTHON))


def build(
    source: Source | Watch, artifact: Path, target: tuple[str, ...], python: str | None = None
) -> None:
    """Fill the folder, emptied first; SystemExit says what is wrong with the dependencies.

    python: what compiles it, of the target's version; without, each start does that.
    """
    for path in artifact.iterdir() if artifact.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    if source.pinned:
        install(source.pinned, artifact, target)
    refuse_clash(artifact, source.requirements)
    repeatable.prune_sdk(artifact, source.services)
    repeatable.prune_powertools(artifact)
    repeatable.prune_cffi(artifact)
    for path in source.files():
        copy = artifact / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source.root / path, copy)
    if python is not None:
        bytecode.compile_all(artifact, python)
    repeatable.make_repeatable(artifact)


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
    for package in PACKAGES:
        if any(found.name.split(".")[0] == package for found in artifact.iterdir()):
            raise SystemExit(
                f"a dependency in requirements/{requirements.name} ships a top-level `{package}`,"
                " which is our own package's name; drop or replace that dependency"
            )


def build_local(rotators: dict[str, str], folder: Path = ARTIFACTS) -> dict[str, Path]:
    """Build {function: rotator} for this machine where something changed; {function: artifact}."""
    target = local_target()
    with bootstrap.hold_lock(folder / ".lock"):
        for function, rotator in rotators.items():
            source = Source(rotator)
            stamp, digest = folder / f".{function}.built", source.digest((*target, interpreter()))
            if stamp.is_file() and stamp.read_text() == digest:
                continue
            bootstrap.say(f"building {function}")
            # Beside, then renamed: a failed build must not leave half an artifact with a stamp.
            fresh = folder / f".{function}.new"
            build(source, fresh, target, str(LAMBDA_PYTHON))
            stamp.unlink(missing_ok=True)
            shutil.rmtree(folder / function, ignore_errors=True)
            fresh.rename(folder / function)
            stamp.write_text(digest)
    return {function: folder / function for function in rotators}


def interpreter() -> str:
    """Which Python the emulator has: another one needs other wheels."""
    return (LAMBDA_PYTHON.parent.parent / "pyvenv.cfg").read_text()


def main() -> None:
    """Build one function's artifact for Lambda, as SAM asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("function", help="its logical id in template.yaml")
    parser.add_argument("artifact", type=Path)
    parser.add_argument("--architecture", default="x86_64")
    parser.add_argument("--python-version", default="3.13")
    parser.add_argument("--sdk", choices=("runtime", "bundled"), default="runtime")
    asked = parser.parse_args()
    if not asked.artifact.is_absolute():
        raise SystemExit("ARTIFACTS_DIR must be an absolute path; SAM sets it")
    target = lambda_target(asked.architecture, asked.python_version)
    python = bytecode.python_of(asked.python_version)
    build(source_of(asked.function, asked.sdk), asked.artifact, target, python)
    # Of what a target prints, SAM shows the output and, unless it fails, not the errors.
    print(f"· {asked.artifact.name}: {repeatable.sizes(asked.artifact)}", flush=True)
    if python is None:
        print(
            f"· no Python {asked.python_version} is here to compile it: {bytecode.PRICE}",
            flush=True,
        )


if __name__ == "__main__":
    main()
