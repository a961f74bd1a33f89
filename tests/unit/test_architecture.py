"""The house's rules, held by its imports and its file sizes."""

import ast
import sys
from pathlib import Path

import pytest

from local.bootstrap import ROOT

DRIVERS = {"psycopg", "pymysql", "urllib3", "jmespath"}
TARGETS = ("postgres", "mysql", "mariadb", "jupyterhub")


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imports(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def packages(file: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(file)}


@pytest.mark.parametrize("file", files("shared"), ids=lambda file: file.name)
def test_shared_imports_no_driver_and_no_rotator(file: Path) -> None:
    assert not packages(file) & (DRIVERS | {"rotators", "local", "tests"})


@pytest.mark.parametrize("file", files("shared"), ids=lambda file: file.name)
def test_shared_names_no_target(file: Path) -> None:
    code = ast.unparse(_without_docstrings(ast.parse(file.read_text()))).lower()
    assert not [name for name in TARGETS if name in code]


@pytest.mark.parametrize("file", files("rotators"), ids=lambda file: file.name)
def test_a_rotator_imports_shared_and_its_own_driver_only(file: Path) -> None:
    foreign = packages(file) - set(sys.stdlib_module_names) - {"shared", "rotators"}
    assert len(foreign & DRIVERS) <= 1
    assert not foreign - DRIVERS
    kinds = {other.stem for other in files("rotators") if "shared.handler" in imports(other)}
    own = [f"rotators.{kind}_" for kind in kinds if f"{file.stem}_".startswith(f"{kind}_")]
    siblings = [name for name in imports(file) if name.partition(".")[0] == "rotators"]
    assert all(name.startswith(tuple(own)) for name in siblings)


def test_labels_are_named_in_the_machine_and_its_store_only() -> None:
    naming = {
        file.name
        for folder in ("shared", "rotators")
        for file in files(folder)
        if '"AWS' in file.read_text()
        and {"AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"} & _strings(file)
    }
    assert naming == {"store.py"}
    users = {file.name for file in files("shared") if "CURRENT" in _names(file)}
    assert users == {"store.py", "ticket.py", "machine.py"}


def test_only_these_files_use_the_aws_sdk() -> None:
    callers = {
        file.name
        for folder in ("shared", "rotators")
        for file in files(folder)
        if packages(file) & {"boto3", "botocore"}
    }
    assert callers == {"aws.py", "store.py", "aws_errors.py", "rds.py", "rds_errors.py"}


def test_secrets_are_revealed_only_where_they_leave() -> None:
    reveals = {
        file.name: file.read_text().count(".reveal()")
        for folder in ("shared", "rotators")
        for file in files(folder)
        if ".reveal()" in file.read_text()
    }
    assert reveals == {
        "credentials.py": 1,  # into the document that is stored
        "api_key.py": 2,  # the same
        "http_api_key_templates.py": 1,  # into the request
        "store.py": 1,  # the rotation token, into PutSecretValue
        "secret.py": 1,  # comparison
        "postgres.py": 2,  # the login, and the verifier made here
        "mysql.py": 1,  # the login
        "mysql_entries.py": 1,  # the hash made here
        "mysql_passwords.py": 6,  # MySQL's own statements, which it keeps out of its logs
        "mysql_admin.py": 1,  # another one, through an administrator
        "mysql_policy.py": 2,  # the length that MySQL takes
        "mysql_hashes.py": 1,  # what an account's hash is compared with
    }


def test_files_stay_readable() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in ("shared", "rotators", "local")
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
