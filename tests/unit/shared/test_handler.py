"""The boundary: what a handler lets out, and what it writes."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local.functions.home import LambdaContext
from rotators import postgres
from shared.errors import InvalidEvent, Misconfigured, RotationError, Unexpected
from shared.handler import make_handler
from tests.unit.shared.protocol.test_event import GOOD


def context() -> LambdaContext:
    """Of an invocation that begins now."""
    return LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")


def broken(_environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - never returns
    raise KeyError("canary")


def misconfigured(_environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - never returns
    try:
        int("canary")
    except ValueError:
        raise Misconfigured("what", do="do", field="PASSWORD_LENGTH")  # noqa: B904 - on purpose


def lines(shown: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in shown.splitlines() if line.startswith("{")]


def test_a_defect_is_told_by_its_place_and_never_by_its_text(output: Callable[[], str]) -> None:
    handler = make_handler(broken, strategy="test")
    with pytest.raises(Unexpected, match="KeyError") as caught:
        handler(GOOD, context())
    shown = output()
    assert "canary" not in shown + str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    (where,) = [line["where"] for line in lines(shown) if "where" in line]
    assert where[-1].startswith("test_handler.py:")


def test_what_an_error_was_raised_in_does_not_come_along(output: Callable[[], str]) -> None:
    with pytest.raises(Misconfigured) as caught:
        make_handler(misconfigured, strategy="test")(GOOD, context())
    assert caught.value.__context__ is None
    assert "canary" not in output()


def test_a_failure_is_one_log_line_with_all_there_is_to_know(output: Callable[[], str]) -> None:
    with pytest.raises(RotationError):
        make_handler(misconfigured, strategy="test")(GOOD, context())
    (line,) = [line for line in lines(output()) if line.get("level") == "ERROR"]
    assert line["message"] == "createSecret: what; do"
    expected = {"code": "Misconfigured", "retryable": False, "field": "PASSWORD_LENGTH"}
    assert expected.items() <= line.items()
    assert line["step"] == "createSecret"
    assert line["secret"] == GOOD["SecretId"]
    assert line["version"] == GOOD["ClientRequestToken"]


def test_a_metric_counts_the_step_by_its_code(output: Callable[[], str]) -> None:
    with pytest.raises(RotationError):
        make_handler(misconfigured, strategy="test")(GOOD, context())
    (metric,) = [line for line in lines(output()) if "_aws" in line]
    assert metric["step"] == "createSecret"
    assert (metric["strategy"], metric["code"]) == ("test", "Misconfigured")
    assert metric["Steps"] == [1.0]


def test_a_malformed_event_does_not_carry_the_last_ones_keys(output: Callable[[], str]) -> None:
    handler = make_handler(misconfigured, strategy="test")
    with pytest.raises(Misconfigured):
        handler(GOOD, context())
    output()
    with pytest.raises(InvalidEvent, match="event: "):
        handler({"Step": "canary"}, context())
    last = lines(output())[-2]
    assert last["step"] == "event"
    assert "secret" not in last


def test_a_setting_is_read_again_once_it_is_corrected() -> None:
    tries = []

    def build(_environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - never returns
        tries.append(1)
        raise Misconfigured("what", do="do")

    handler = make_handler(build, strategy="test")
    for _ in range(2):
        with pytest.raises(Misconfigured):
            handler(GOOD, context())
    assert len(tries) == 2


@pytest.mark.parametrize("library", ["botocore", "urllib3", "psycopg"])
def test_no_library_logs_requests_even_at_debug(library: str) -> None:
    assert callable(postgres.single_user)  # importing a function is what sets the levels
    assert logging.getLogger(library).getEffectiveLevel() >= logging.WARNING
