"""Every rule of the specification that a caller can observe has a test that names it."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
RULES = range(1, 20)
NOT_OBSERVABLE = {
    18: "AWS's rates a second are a matter of its fleet; calls are counted instead (journal)",
}


def count_by_rule() -> Counter[int]:
    """How many test functions name each rule, over the files beside this one."""
    text = "\n".join(path.read_text() for path in HERE.glob("test_*.py"))
    named = re.findall(r"^def test_rule_(\d\d)_\w+\(", text, re.MULTILINE)
    return Counter(int(rule) for rule in named)


def test_every_rule_has_a_test_or_a_reason(report: Callable[[str], None]) -> None:
    counted = count_by_rule()
    for rule in RULES:
        report(f"rule {rule:2}: {counted[rule] or NOT_OBSERVABLE.get(rule)}")
    missing = [rule for rule in RULES if not counted[rule] and rule not in NOT_OBSERVABLE]
    assert missing == []
    assert not NOT_OBSERVABLE.keys() & counted.keys()
