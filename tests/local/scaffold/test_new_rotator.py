"""`make new-rotator`: a kind that works, with nothing else touched; its page shows what it is."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local import template
from local.bootstrap import ROOT
from local.build.source import rotator_of
from local.scaffold import registry
from local.scaffold.__main__ import FILES, SUFFIX, write
from local.scaffold.names import Names, check_name
from shared.protocol.event import Step
from tests.fixtures.example import NAME, Tree

PAGE = ROOT / "docs" / "adding-a-backend.md"
MADE = {str(path.relative_to(FILES)).removesuffix(SUFFIX) for path in FILES.rglob(f"*{SUFFIX}")}
ENTRIES = {"template.yaml", "pyproject.toml", "README.md", "docs/secrets.md"}
FUNCTION = "LedgerSingleUser"


def test_it_touches_its_own_folder_and_its_entries_only(example: Tree) -> None:
    events = {f"events/{FUNCTION}/{step}.json" for step in Step}
    assert example.touched == MADE | ENTRIES | events | {f"requirements/{NAME}.txt"}


def test_the_kind_passes_its_conformance_suite(example: Tree) -> None:
    done = example.run(
        "pytest", "-q", "-p", "no:cacheprovider", f"tests/conformance/test_{NAME}.py"
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert re.search(r"^\d+ passed in", done.stdout, re.MULTILINE)


def test_no_test_of_the_house_has_to_be_edited_for_it(example: Tree) -> None:
    house = (
        "tests/unit/test_messages.py",
        *("tests/unit/test_architecture.py", "tests/unit/test_docs.py"),
        *("tests/unit/test_code_security.py", "tests/deploy/test_events.py"),
        *("tests/deploy/test_template.py", "tests/deploy/stack", "tests/deploy/rights"),
        *("tests/unit/test_paths.py", "tests/unit/shared/asked"),
    )
    # Without those that ask real servers, which are not this kind's.
    options = ("-q", "-p", "no:cacheprovider", "-k", "not sql_gives and not cfn_lint")
    done = example.run("pytest", *options, *house)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_it_is_well_typed_and_formatted(example: Tree) -> None:
    files = sorted(name for name in MADE if name.endswith(".py"))
    for words in (
        ("mypy", "--cache-dir", str(ROOT / ".cache" / "mypy-example"), *files),
        ("ruff", "check", *files),
        ("ruff", "format", "--check", *files),
    ):
        done = example.run(*words)
        assert done.returncode == 0, done.stdout


def test_mypy_refuses_strategies_that_its_session_has_no_verbs_for(example: Tree) -> None:
    wrong = example.root / "wrong.py"
    wrong.write_text(
        "from rotators.ledger.engine import LedgerEngine\n"
        "from shared.strategies import AlternatingUsers, SingleUserWithOverlap\n\n"
        "engine = LedgerEngine.from_environment({})\n"
        "AlternatingUsers(engine, {})\n"
        "SingleUserWithOverlap(engine, {})\n"
    )
    cache = str(ROOT / ".cache" / "mypy-example")
    done = example.run("mypy", "--cache-dir", cache, "wrong.py")
    wrong.unlink()
    assert re.search(r'wrong.py:5: error: Argument 1 to "AlternatingUsers"', done.stdout)
    assert re.search(r'wrong.py:6: error: Argument 1 to "SingleUserWithOverlap"', done.stdout)


def test_the_page_shows_what_it_makes(example: Tree) -> None:
    shown = dict(re.findall(r"```\w+\n# ([\w./]+)\n(.*?)```", PAGE.read_text(), re.DOTALL))
    code = {name for name in MADE if not name.endswith(".txt")}
    assert shown.keys() == code
    assert shown == {name: (example.root / name).read_text() for name in code}


def test_its_function_is_whole_in_the_template(example: Tree) -> None:
    found = template.functions(example.root / "template.yaml")
    assert found[FUNCTION].rotator == NAME
    assert rotator_of(FUNCTION, example.root / "template.yaml") == NAME
    assert found.keys() - template.functions().keys() == {FUNCTION}


def test_a_second_new_kind_is_entered_as_the_first_is(tmp_path: Path) -> None:
    for name in ENTRIES:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    made = [Names("acme"), Names("acme_db")]
    for names in made:
        registry.enter(names, tmp_path)
    path = tmp_path / "template.yaml"
    text = path.read_text()
    (any_single_user,) = re.findall(r"^  AnySingleUser: .*$", text, re.MULTILINE)
    assert all(re.search(rf"!Condition {names.function}[\],]", any_single_user) for names in made)
    # CloudFormation's outputs come in the order of the one, the house's tables in the other's.
    assert re.findall(r"^        - (\w+)$", text, re.MULTILINE) == list(template.functions(path))


def test_the_demo_rotates_it(example: Tree) -> None:
    done = example.run("local.demo", "--only", NAME, "--home", "in-process")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Ledger 1" in done.stdout


def test_another_name_is_another_kind() -> None:
    names = Names("acme_db")
    assert names.function == "AcmeDbSingleUser"
    assert names.of("class LedgerEngine: # of ledger, NO_LEDGER") == (
        "class AcmeDbEngine: # of acme_db, NO_ACME_DB"
    )


@pytest.mark.parametrize("name", ["x", f"{'a' * 11}_{'b' * 12}"])
def test_the_shortest_and_the_longest_name_are_formatted_as_the_house_is(
    name: str, tmp_path: Path
) -> None:
    shutil.copy2(ROOT / "pyproject.toml", tmp_path)
    write(check_name(name), tmp_path)
    for words in (("check",), ("format", "--check")):
        command = (sys.executable, "-m", "ruff", *words, "--no-cache", ".")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    "name",
    ["", "Ledger", "1st", "a-b", "class", "../x", "a__b", "postgres", "testing", "a" * 25],
)
def test_a_name_that_cannot_be_is_refused_before_anything_is_written(name: str) -> None:
    with pytest.raises(SystemExit, match=r"NAME must be|a kind of this name"):
        check_name(name)


def test_events_are_not_overwritten() -> None:
    before = {path: path.read_text() for path in (ROOT / "events").rglob("*.json")}
    done = subprocess.run(
        [sys.executable, "-m", "local.scaffold.events", "PostgresSingleUser"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "is there already" in done.stderr
    assert before == {path: path.read_text() for path in (ROOT / "events").rglob("*.json")}
    assert all(json.loads(text) for text in before.values())
