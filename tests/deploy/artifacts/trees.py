"""Artifacts for tests: built as SAM does, and from a tree with one dependency."""

import base64
import hashlib
import os
import subprocess
import zipfile
from pathlib import Path

from local import template
from local.build import artifacts
from local.build.source import Source
from local.kinds import kinds

FUNCTIONS = template.functions()
KINDS = kinds()
# One function of each kind: those of one kind have the same rotator, and so the same artifact.
OF_EACH_KIND = {function.rotator: name for name, function in FUNCTIONS.items()}


def sam_build(function: str, artifact: Path, umask: int = 0o022, **variables: str) -> str:
    """As SAM does: its own Makefile, from another folder, with no virtual environment.

    Returns its output, of which SAM shows every line; of the errors it shows none.
    """
    artifact.parent.mkdir(parents=True, exist_ok=True)
    # A make above this one would have it say which folder it is in.
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))
    }
    done = subprocess.run(
        ["make", "--makefile", artifacts.ROOT / "Makefile", f"build-{function}"],  # noqa: S607 - as SAM finds it
        cwd=artifact.parent,
        env={**environment, "ARTIFACTS_DIR": str(artifact), "PYTHON": "python3", **variables},
        umask=umask,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=120,
    )
    return done.stdout


def files(artifact: Path) -> set[str]:
    return {str(path.relative_to(artifact)) for path in artifact.rglob("*") if path.is_file()}


def sources_of(artifact: Path) -> set[str]:
    """Its files, but for byte code."""
    return {name for name in files(artifact) if not name.endswith(".pyc")}


def wheel(folder: Path, top_level: str) -> Path:
    """A wheel that ships one module, with its hash in a requirements file beside it."""
    path = folder / "clash-1.0-py3-none-any.whl"
    info = "clash-1.0.dist-info"
    content = {
        top_level: "",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: clash\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    digest = base64.urlsafe_b64encode(hashlib.sha256(b"").digest()).rstrip(b"=").decode()
    record = "".join(f"{name},,\n" for name in content if name != top_level)
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in content.items():
            archive.writestr(name, text)
        archive.writestr(
            f"{info}/RECORD", f"{top_level},sha256={digest},0\n{record}{info}/RECORD,,\n"
        )
    return path


def tree(folder: Path, top_level: str, *, good_hash: bool = True) -> Source:
    """A source tree whose one dependency ships `top_level`."""
    for name in ("shared/__init__.py", "rotators/__init__.py", "rotators/tiny/__init__.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    (folder / "rotators" / "tiny" / "kind.toml").write_text(
        "driver = []\nservices = []\nconfidential = []\nwaits = []\nreveals = {}\n"
    )
    made = wheel(folder, top_level)
    digest = hashlib.sha256(made.read_bytes() if good_hash else b"other").hexdigest()
    (folder / "requirements").mkdir()
    (folder / "requirements" / "tiny.txt").write_text(
        f"clash @ {made.as_uri()} --hash=sha256:{digest}\n"
    )
    return Source("tiny", folder)
