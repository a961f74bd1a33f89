"""The house's rules, held by its imports, its names and its file sizes."""

import ast
import sys
from pathlib import Path

import pytest

from local.bootstrap import ROOT
from local.kinds import TESTING, kinds

KINDS = kinds()
DRIVERS = frozenset().union(*(kind.driver for kind in KINDS.values()))
TARGETS = ("postgres", "mysql", "mariadb", "jupyterhub", *KINDS)
# What each may import of our own packages; the arrows of README.md's 'Repository'.
BELOW = {
    "ground": set(),
    "aws": {"ground"},
    "protocol": {"aws", "ground"},
    "keys": {"protocol", "aws", "ground"},
    "strategies": {"protocol", "aws", "ground"},
    "handler": {"protocol", "aws", "ground"},
}
FOLDERS = ("shared", "rotators", "rotctl", "watch", "local")
# May take values out of a Secret; a kind's own files say so in its kind.toml.
REVEALS = {
    "shared/credentials.py": 1,  # into the document that is stored
    "shared/keys/api_key.py": 2,  # the same
    "shared/aws/store.py": 1,  # the rotation token, into PutSecretValue
    "shared/secret.py": 1,  # comparison
}


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def name(file: Path) -> str:
    return str(file.relative_to(ROOT))


SHARED = files("shared")
ROTCTL = files("rotctl")
WATCH = files("watch")
ROTATORS = [file for file in files("rotators") if TESTING not in file.parts]
every_shared = pytest.mark.parametrize("file", SHARED, ids=name)


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def packages(file: Path) -> set[str]:
    return {each.partition(".")[0] for each in imports(file)}


def layer(module: str) -> str:
    """Of a module of `shared`: its folder, `handler`, or the ground."""
    part = (*module.split("."), "")[1]
    return part if part in BELOW else "ground"


@every_shared
def test_shared_imports_no_driver_and_no_rotator(file: Path) -> None:
    assert not packages(file) & (DRIVERS | {"rotators", "local", "tests"})


@every_shared
def test_shared_names_no_target(file: Path) -> None:
    code = ast.unparse(_without_docstrings(ast.parse(file.read_text()))).lower()
    code = code.replace("kms:generatedatakey", "")  # which is no kind, but a right
    assert not [target for target in TARGETS if target in code]


@every_shared
def test_arrows_in_shared_point_down(file: Path) -> None:
    own_layer = layer(".".join(file.relative_to(ROOT).with_suffix("").parts))
    used = {layer(each) for each in imports(file) if each.startswith("shared.")}
    assert used - {own_layer} <= BELOW[own_layer]


@pytest.mark.parametrize("file", ROTATORS, ids=name)
def test_a_rotator_imports_shared_itself_and_its_own_driver_only(file: Path) -> None:
    kind = KINDS.get(file.relative_to(ROOT / "rotators").parts[0])
    foreign = packages(file) - set(sys.stdlib_module_names) - {"shared", "rotators"}
    assert foreign <= (kind.driver if kind else set())
    siblings = [each for each in imports(file) if each.startswith("rotators.")]
    assert all(f"{each}.".startswith(f"rotators.{kind.name}." if kind else "") for each in siblings)


@pytest.mark.parametrize("file", [*SHARED, *ROTATORS], ids=name)
def test_nothing_that_is_shipped_imports_what_a_kind_is_tried_with(file: Path) -> None:
    assert not [each for each in imports(file) if TESTING in each.split(".")]


def test_every_folder_of_rotators_is_a_kind_that_says_what_it_is() -> None:
    folders = {path.name for path in (ROOT / "rotators").iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == KINDS.keys()


def test_a_file_has_one_noun_and_not_its_folders() -> None:
    modules = [file for folder in FOLDERS for file in files(folder)]
    assert not [name(file) for file in modules if file.stem == file.parent.name]
    assert not [name(file) for file in modules if file.stem.startswith(f"{file.parent.name}_")]


def test_rotctl_sees_the_functions_in_one_folder_and_names_labels_in_one_file() -> None:
    assert not [name(file) for file in ROTCTL if "local" in packages(file)]
    seeing = {file.parent for file in ROTCTL if packages(file) & {"shared", "rotators"}}
    assert {name(folder) for folder in seeing} == {"rotctl/offline"}
    labels = {"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"}
    naming = [name(file) for file in ROTCTL if labels & _strings(file)]
    assert naming == ["rotctl/state/labels.py"]


def test_what_tells_of_rotations_knows_aws_by_rotctl_and_its_terminal_by_nothing() -> None:
    known = set(sys.stdlib_module_names) | {"watch", "rotctl"}
    assert not [name(file) for file in WATCH if packages(file) - known]
    used = {each for file in WATCH for each in imports(file) if each.startswith("rotctl.")}
    places = {each.split(".")[1] for each in used}
    assert places == {"aws", "links", "state", "output", "trouble"}
    assert {each for each in used if ".output" in each} == {
        "rotctl.output.times",
        "rotctl.output.times.iso",
        "rotctl.output.times.short",
    }
    labels = {"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"}
    assert not [name(file) for file in WATCH if labels & _strings(file)]


def test_labels_are_named_in_the_machine_and_its_store_only() -> None:
    naming = {
        name(file)
        for file in (*SHARED, *ROTATORS)
        if {"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"} & _strings(file)
    }
    assert naming == {"shared/aws/store.py"}
    users = {name(file) for file in SHARED if "CURRENT" in _names(file)}
    assert users == {
        "shared/aws/store.py",
        "shared/protocol/candidates.py",
        "shared/protocol/diagnosis.py",
        "shared/protocol/stages.py",
        "shared/protocol/ticket.py",
    }


def test_only_one_folder_uses_the_aws_sdk() -> None:
    callers = [file for file in (*SHARED, *ROTATORS) if packages(file) & {"boto3", "botocore"}]
    assert {name(file.parent) for file in callers} == {"shared/aws"}


def test_secrets_are_revealed_only_where_they_leave() -> None:
    allowed = REVEALS | {
        f"rotators/{kind.name}/{file}": times
        for kind in KINDS.values()
        for file, times in kind.reveals.items()
    }
    found = {name(file): file.read_text().count(".reveal()") for file in (*SHARED, *ROTATORS)}
    assert {file: times for file, times in found.items() if times} == allowed


def test_files_stay_readable() -> None:
    long = {
        name(file): lines
        for folder in FOLDERS
        for file in files(folder)
        if (lines := len(file.read_text().splitlines())) > 260
    }
    assert not long


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [  # type: ignore[attr-defined]  # of those that have one
                each
                for each in body
                if not (isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant))
            ] or [ast.Pass()]
    return tree


def _strings(file: Path) -> set[str]:
    nodes = ast.walk(ast.parse(file.read_text()))
    return {n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str)}


def _names(file: Path) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Name)}
