"""The checks, held against the page of facts; and docs/reliability.md against both."""

import re

import pytest

from local import evidence
from local.verify import rules
from local.verify.facts import assumed_rows, facts
from local.verify.registry import CANNOT_BE_ASKED, Check

CHECKS = rules.checks()


def test_every_fact_is_asked_or_there_is_a_reason_why_not() -> None:
    asked = {check.number for check in CHECKS}
    assert asked | CANNOT_BE_ASKED.keys() == facts().keys()
    assert not asked & CANNOT_BE_ASKED.keys()


@pytest.mark.parametrize("check", CHECKS, ids=lambda each: each.name)
def test_a_check_says_in_a_sentence_what_must_hold(check: Check) -> None:
    assert re.fullmatch(r"[A-Z]\S* .*[^.]", check.says)


def test_a_check_has_its_name_alone() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)


def test_only_what_the_page_assumes_is_an_assumption() -> None:
    assert all(facts()[check.number].assumed for check in CHECKS if check.assumed)


def test_what_is_only_assumed_is_listed_by_number() -> None:
    rows = assumed_rows()
    assert rows["fact 3"]["checks"] == 1
    assert [*rows] == [f"fact {fact.number}" for fact in facts().values() if fact.assumed]
    assert evidence.markdown(rows) in evidence.REPORT.read_text()
