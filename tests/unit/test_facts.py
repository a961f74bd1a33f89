"""docs/secrets-manager-facts.md, held against the code and the tests that cite it by number."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.build import artifacts
from tests.unit.test_paths import prose_of

ROOT = artifacts.ROOT
PAGE = ROOT / "docs/secrets-manager-facts.md"
FOLDERS = ("shared", "rotators", "local", "tests")
CITATION = r"\b[Ff]acts? ((?:\d+)(?:(?:, | and |, and | to |-)\d+)*)"
PARTS = {  # number: (sentence, what follows it)
    int(number): (sentence, text)
    for number, sentence, text in re.findall(
        r"^## Fact (\d+): ([^\n]*)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
}


def cited(text: str) -> set[int]:
    """The numbers of `fact 10`, `facts 1, 4 and 12 to 16`, `facts 2-4`."""
    numbers: set[int] = set()
    for listed in re.findall(CITATION, text):
        for first, last in re.findall(r"(\d+)(?:(?:-| to )(\d+))?", listed):
            numbers |= set(range(int(first), int(last or first) + 1))
    return numbers


def python() -> Iterator[Path]:
    for folder in FOLDERS:
        yield from (ROOT / folder).rglob("*.py")


def _tested_in(code: str) -> set[int]:
    return {int(number) for number in re.findall(r"def test_fact_(\d+)_", code)}


CITATIONS = {
    str(file.relative_to(ROOT)): cited(prose_of(file))
    for file in (*python(), *(ROOT / "docs").rglob("*.md"), ROOT / "README.md")
    if file not in (PAGE, Path(__file__).resolve())
}
TESTED = set().union(*(_tested_in(file.read_text()) for file in python()))


def test_the_facts_are_numbered_without_a_gap() -> None:
    assert list(PARTS) == list(range(1, len(PARTS) + 1))


@pytest.mark.parametrize("number", PARTS)
def test_each_fact_is_one_sentence_with_its_source(number: int) -> None:
    sentence, text = PARTS[number]
    assert sentence
    assert not re.search(r"\.$|\. [A-Z]", sentence)
    assert re.search(r"^\*(Source|Recorded):\* .*\.$", text, re.MULTILINE)


def test_every_citation_resolves() -> None:
    unknown = {name: numbers - PARTS.keys() for name, numbers in CITATIONS.items()}
    assert not {name: numbers for name, numbers in unknown.items() if numbers}
    assert PARTS.keys() >= TESTED


@pytest.mark.parametrize("number", PARTS)
def test_each_fact_is_cited_or_tested(number: int) -> None:
    assert number in TESTED or any(number in numbers for numbers in CITATIONS.values())


def test_nobody_cites_a_rule() -> None:
    """What the facts were called once; without a page that says which it is, nobody can look."""
    assert not [str(file) for file in python() if re.search(r"\brules? \d", prose_of(file))]


def test_the_store_says_where_the_facts_are() -> None:
    text = ast.get_docstring(ast.parse((ROOT / "shared/aws/store.py").read_text()))
    assert text is not None
    assert "Facts are numbered in docs/secrets-manager-facts.md." in text


def test_each_form_of_a_citation_is_read() -> None:
    assert cited("(fact 10)") == {10}
    assert cited("Fact 2: a token; (facts 1, 4 and 12 to 14), (facts 7-9).") == {
        *(1, 2, 4), *range(7, 10), *range(12, 15)
    }  # fmt: skip
    assert cited("in fact 5 s") == {5}
