"""What documents, comments and docstrings name, held against the files that are there."""

import io
import re
import tokenize
from pathlib import Path, PurePath

import pytest

from local.build import artifacts

ROOT = artifacts.ROOT
PACKAGES = ("shared", "rotators", "rotctl", "watch", "local", "tests")
FOLDERS = (*PACKAGES, "clients", "events", "requirements", "docs", ".ci")
_package, _folder = ("|".join(map(re.escape, names)) for names in (PACKAGES, FOLDERS))
FORMS = (
    rf"(?<![\w./-])(?:{_folder})/[\w.<>*/-]*",  # below a folder of ours; `<kind>` and `*` too
    r'(?<![\w./<>*"-])[\w<>*-]+(?:/[\w<>*-]+)*\.(?:py|md)\b',  # beside it, or the only one so named
    rf"(?<![\w./-])(?:{_package})(?:\.\w+)+",  # a module, or what one has
)


class Tree:
    """Files by the names that are said of them, some of which a reader has yet to make."""

    def __init__(self, files: dict[str, Path], *made: str) -> None:
        self.files = {PurePath(name): file for name, file in files.items()}
        named = {*self.files, *map(PurePath, made)}
        self._there = named | {folder for each in named for folder in each.parents}

    def has(self, name: str, beside: PurePath) -> bool:
        if re.match(rf"(?:{_package})\.(?!md$)", name):
            return self._defines(name.split("."))
        in_folders = name.split("/", maxsplit=1)[0] in FOLDERS
        if PurePath(name) in self._there or (not in_folders and beside / name in self._there):
            return True
        pattern = re.sub(r"<\w+>", "[!_]*", name)
        alike = [each for each in self._there if each.match(pattern)]
        if in_folders:
            return any(len(each.parts) == len(PurePath(name).parts) for each in alike)
        return len(alike) == 1

    def _defines(self, parts: list[str]) -> bool:
        for end in range(len(parts), 1, -1):
            module = PurePath(*parts[:end])
            for file in (module.with_suffix(".py"), module / "__init__.py"):
                if file in self.files:
                    code = self.files[file].read_text()
                    return all(re.search(rf"\b{each}\b", code) for each in parts[end:])
        return PurePath(*parts) in self._there  # a folder of tests


def below(folder: Path, of: Path = ROOT) -> dict[str, Path]:
    files = (each for each in folder.rglob("*") if each.is_file() and each.suffix != ".pyc")
    return {str(each.relative_to(of)): each for each in files}


FILES = {file.name: file for file in ROOT.iterdir() if file.is_file()}
for folder in FOLDERS:
    FILES |= below(ROOT / folder)
# What a reader has, or makes: a bundle, and JupyterHub's own settings.
BY_HAND = ("shared/authorities.pem", "jupyterhub_config.py")
HOUSE = Tree(FILES, *BY_HAND)

# With what `make new-rotator` copies from here, and makes; only its own pages speak of it.
NEW = ROOT / "local/scaffold/files"
COPIED = {name.removesuffix(".in"): file for name, file in below(NEW, NEW).items()}
EVENT, PACKAGES_OF_IT = "events/LedgerSingleUser/createSecret.json", "requirements/ledger.txt"
READERS = Tree(FILES | COPIED, *BY_HAND, EVENT, PACKAGES_OF_IT)
OF_READERS = ("docs/adding-a-backend.md", "local/scaffold/")


def prose_of(file: Path) -> str:
    """All of a document and of a setting; of Python the comments, and what has three quotes."""
    if file.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(file.read_text()).readline)
        return "\n".join(each.string for each in tokens if each.string.startswith(("#", '"""')))
    is_prose = file.suffix in (".md", ".toml", ".yaml", ".sh") or file.name in ("Makefile", "run")
    return file.read_text() if is_prose else ""


def missing(name: str, text: str) -> set[str]:
    """What this file's text names, and is not there."""
    tree = READERS if name.startswith(OF_READERS) else HOUSE
    named = {each.rstrip(".") for form in FORMS for each in re.findall(form, text)}
    return {each for each in named if not tree.has(each, PurePath(name).parent)}


def test_every_path_is_there() -> None:
    assert not [
        f"{name}: {each}" for name, file in FILES.items() for each in missing(name, prose_of(file))
    ]


@pytest.mark.parametrize(
    "form",
    [
        "the `shared/gone.py` of all", "see tests/gone/", "docs/adr/0099-gone.md says why",
        "rotators/<kind>/gone.toml", "rotators/<kind>.py", "tests/*/gone.py",
        "requirements/<gone>.in", "events/<Function>/gone.json", ".ci/gone",
        "gone.py beside it", "engine.py is not beside it, and there are four", "gone.md",
        "http/gone.py", "shared.gone", "shared.errors.Gone", "rotators.gone",
    ],
)  # fmt: skip
def test_each_form_is_looked_at(form: str) -> None:
    assert missing("shared/tls.py", form)
