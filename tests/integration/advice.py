"""Every piece of SQL that a kind's code tells a person to run, and which test runs it.

A kind's registry says for each what test runs it as told and then goes on; one that is in no
registry, or whose test is gone, fails.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from local.bootstrap import ROOT
from local.kinds import TESTING

_VERBS = "ALTER|CREATE|DROP|FLUSH|GRANT|INSTALL|REASSIGN|RENAME|REVOKE|SET|TRUNCATE"
# From its verb to the next `; `, or to what comes after it in the code of a message.
_STATEMENT = re.compile(rf"(?<![A-Z] )\b(?:{_VERBS}) (?:[A-Z\"{{%]|mysql)[^;]*")


def statements_in(text: str) -> list[str]:
    """The SQL in a message: each from its verb to a semicolon or the end."""
    return [found[0].strip() for found in _STATEMENT.finditer(text)]


def told_by(kind: str) -> set[str]:
    """The SQL in the advice of the folder's code, with {} for what is filled in."""
    sources = (ROOT / "rotators" / kind).rglob("*.py")
    texts = [
        text
        for path in sorted(sources)
        if TESTING not in path.parts
        for text in _advice_in(ast.parse(path.read_text()))
    ]
    return {statement for text in texts for statement in statements_in(text)}


def _advice_in(tree: ast.AST) -> Iterator[str]:
    """What is a `do`, a row's third field, a constant so named, a warning, or an admin's right."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "do":
            yield _text(node.value)
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name == "ErrorRow" and len(node.args) > 2:
                yield _text(node.args[2])
            elif name == "LOG.warning":
                yield _text(node.args[0])
            elif name in ("AdminRight", "cls") and node.args:
                yield f"GRANT {_text(node.args[0])} TO {{}}"
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).endswith("_ADVICE"):
            yield _text(node.value)


def _text(node: ast.expr) -> str:
    """A string as it is written, each value in it as {}."""
    if isinstance(node, ast.Constant):
        return str(node.value).replace("%s", "{}").replace("{account}", "{}")
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "{}"


@cache
def _tests() -> str:
    return "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))


def assert_each_is_run(kind: str, registry: Mapping[str, str]) -> None:
    """Each statement is in the registry, and each of its tests is there."""
    assert told_by(kind) == registry.keys()
    assert_are_there(registry.values())


def assert_are_there(tests: Iterable[str]) -> None:
    """Each is the name of a test."""
    assert not [test for test in tests if f"def {test}(" not in _tests()]
