"""The tables of a document: rows that a run found replace theirs, and all others stay."""

import pytest

from local import evidence

REPORT = "before\n<!-- races -->\n{}\n<!-- /races -->\n<!-- load -->\n{}\n<!-- /load -->\nafter\n"
OLD: evidence.Rows = {"one": {"runs": 3, "errors": "Busy 2"}, "two": {"runs": 1_030, "errors": ""}}
OTHER: evidence.Rows = {"all": {"secrets": 1_000}}


@pytest.mark.parametrize(
    ("found", "rows"),
    [
        ({}, OLD),
        ({"two": {"runs": 4}}, {**OLD, "two": {"runs": 4}}),
        ({"three": {"runs": 5, "late": 1}}, {**OLD, "three": {"runs": 5, "late": 1}}),
    ],
    ids=["nothing", "a row that was there", "a row and a column more"],
)
def test_a_run_of_a_part_keeps_the_rest(
    found: evidence.Rows, rows: evidence.Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "found", {"races": found, "load": {}}.__getitem__)
    report = REPORT.format(evidence.markdown(OLD), evidence.markdown(OTHER))
    assert evidence.written(report) == REPORT.format(
        evidence.markdown(rows), evidence.markdown(OTHER)
    )
