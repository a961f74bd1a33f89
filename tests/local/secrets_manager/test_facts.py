"""Every fact of docs/secrets-manager-facts.md that a caller can observe has a test that names it.

`test_fact_10_...` is a test of fact 10.
"""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
FACTS = range(1, 25)
NOT_OBSERVABLE = {
    18: "AWS's rates a second are a matter of its fleet; calls are counted instead (journal)",
    **dict.fromkeys(range(20, 24), "about Lambda, IAM and networks, which are not there"),
}


def count_by_fact() -> Counter[int]:
    """How many test functions name each fact, over the files beside this one."""
    text = "\n".join(path.read_text() for path in HERE.glob("test_*.py"))
    named = re.findall(r"^def test_fact_(\d\d)_\w+\(", text, re.MULTILINE)
    return Counter(int(fact) for fact in named)


def test_every_fact_has_a_test_or_a_reason(report: Callable[[str], None]) -> None:
    counted = count_by_fact()
    for fact in FACTS:
        report(f"fact {fact:2}: {counted[fact] or NOT_OBSERVABLE.get(fact)}")
    missing = [fact for fact in FACTS if not counted[fact] and fact not in NOT_OBSERVABLE]
    assert missing == []
    assert not NOT_OBSERVABLE.keys() & counted.keys()
