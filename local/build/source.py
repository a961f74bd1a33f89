"""What an artifact is made of: our files, the pinned wheels, the AWS services that it calls.

Standard library only.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from local.bootstrap import ROOT
from local.kinds import RotatorKind, kinds

# The code that decides what an artifact is like, in this folder.
_CODE = ("artifacts.py", "source.py", "repeatable.py", "bytecode.py", "compiler.py")


# Of an artifact of `watch`: its own files, and rotctl's, which it knows AWS by.
_WATCH = ("watch", "rotctl")


def source_of(function: str, sdk: str, template: Path = ROOT / "template.yaml") -> "Source | Watch":
    """What the template's function of this logical id is made from; SystemExit as rotator_of."""
    if re.search(_block(function, r"watch\.\w+\.\w+"), template.read_text(), re.MULTILINE):
        return Watch(sdk=sdk)
    return Source(rotator_of(function, template), sdk=sdk)


def rotator_of(function: str, template: Path = ROOT / "template.yaml") -> str:
    """The rotator that the template's function of this logical id has its handler in.

    By its lines, as the standard library has no YAML; SystemExit where there is no such function.
    """
    block = _block(function, r"rotators\.([a-z0-9_]+)\.\w+")
    found = re.search(block, template.read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"template.yaml has no function {function!r} with a handler in rotators")
    return found[1]


def _block(function: str, handler: str) -> str:
    return rf"^  {re.escape(function)}:\n(?:    .*\n)*?      Handler: {handler}$"


@dataclass(frozen=True, slots=True)
class Source:
    """What an artifact is made from: the tree, the kind of rotator, the pinned wheels."""

    rotator: str
    root: Path = ROOT
    sdk: str = "runtime"  # or "bundled"

    @property
    def kind(self) -> RotatorKind:
        """What its folder's kind.toml says; raises SystemExit where there is none."""
        known = kinds(self.root)
        if self.rotator not in known:
            raise SystemExit(f"rotators/{self.rotator}/kind.toml is missing")
        return known[self.rotator]

    @property
    def requirements(self) -> Path:
        """The kind's own group of pinned wheels; a file of its folder, where it has one."""
        specific = self.kind.folder / "requirements.txt"
        return (
            specific if specific.is_file() else self.root / "requirements" / f"{self.rotator}.txt"
        )

    @property
    def pinned(self) -> tuple[Path, ...]:
        """All that is installed: its own, and the SDK where that is to be bundled."""
        bundled = (self.root / "requirements" / "sdk.txt",) if self.sdk == "bundled" else ()
        return (self.requirements, *bundled)

    @property
    def services(self) -> tuple[str, ...]:
        """The AWS services that it calls, by the SDK's names."""
        return self.kind.services

    def files(self) -> list[Path]:
        """Our own files that go into the artifact, relative to the root, sorted."""
        found = [self.root / "rotators" / "__init__.py", *self.kind.shipped]
        found += (self.root / "shared").rglob("*")
        relative = [path.relative_to(self.root) for path in found if path.is_file()]
        return sorted(path for path in relative if not _made_by_tools(path))

    def digest(self, target: tuple[str, ...]) -> str:
        """Changes when anything that decides the artifact's content does."""
        state = hashlib.sha256(repr(target).encode())
        for path in (*self.files(), *(each.relative_to(self.root) for each in self.pinned)):
            content = hashlib.sha256((self.root / path).read_bytes()).hexdigest()
            state.update(f"{path}\0{content}\n".encode())
        for name in _CODE:
            state.update(Path(__file__).with_name(name).read_bytes())
        return state.hexdigest()


@dataclass(frozen=True, slots=True)
class Watch:
    """What a function of `watch` is made from: no wheel, but the SDK where it is bundled."""

    root: Path = ROOT
    sdk: str = "runtime"
    services: tuple[str, ...] = (
        *("ecs", "lambda", "logs", "resourcegroupstaggingapi", "secretsmanager", "sns"),
        "stepfunctions",
    )

    @property
    def requirements(self) -> Path:
        """The only pinned wheels that there may be."""
        return self.root / "requirements" / "sdk.txt"

    @property
    def pinned(self) -> tuple[Path, ...]:
        """All that is installed."""
        return (self.requirements,) if self.sdk == "bundled" else ()

    def files(self) -> list[Path]:
        """Our own files that go into the artifact, relative to the root, sorted."""
        found = (path for package in _WATCH for path in (self.root / package).rglob("*"))
        relative = [path.relative_to(self.root) for path in found if path.is_file()]
        return sorted(path for path in relative if not _made_by_tools(path))


def _made_by_tools(path: Path) -> bool:
    return any(part == "__pycache__" or part.startswith(".") for part in path.parts)
