"""The boundary: what a handler lets out, and what it writes."""

import gc
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from local.functions.home import LambdaContext
from rotators import postgres
from shared.aws import clients
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


# --- what is made at the start ---


@pytest.fixture
def _in_lambda(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """With what tells a start there; what a test's handler froze is let go again."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients.client.cache_clear()
    yield
    gc.unfreeze()
    clients.client.cache_clear()


@pytest.mark.usefixtures("_in_lambda")
def test_backend_and_client_are_made_at_the_start_and_once() -> None:
    made: list[Mapping[str, str]] = []

    def build(environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - a backend of its name alone
        made.append(environment)
        return SimpleNamespace(name="small")

    handler = make_handler(build, strategy="test")
    assert len(made) == clients.client.cache_info().currsize == 1
    with pytest.raises(InvalidEvent):
        handler({"Step": "canary"}, context())
    assert handler._backend.name == "small"
    assert (len(made), clients.client.cache_info().misses) == (1, 1)


@pytest.mark.usefixtures("_in_lambda")
@pytest.mark.parametrize(("build", "kind"), [(misconfigured, Misconfigured), (broken, Unexpected)])
def test_what_fails_at_the_start_is_told_by_the_first_step(
    build: Callable[[Mapping[str, str]], Any],
    kind: type[RotationError],
    output: Callable[[], str],
) -> None:
    handler = make_handler(build, strategy="test")
    assert output() == ""
    with pytest.raises(kind) as caught:
        handler(GOOD, context())
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    shown = output()
    assert "canary" not in shown
    assert [line["step"] for line in lines(shown) if "_aws" in line] == ["createSecret"]


@pytest.mark.usefixtures("_in_lambda")
def test_a_client_that_cannot_be_made_at_the_start_is_told_by_the_first_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "nowhere")
    handler = make_handler(lambda _: SimpleNamespace(name="small"), strategy="test")
    with pytest.raises(Misconfigured, match="createSecret: the SDK cannot be used"):
        handler(GOOD, context())


def test_elsewhere_nothing_is_made_before_it_is_needed() -> None:
    made: list[Mapping[str, str]] = []
    make_handler(made.append, strategy="test")  # type: ignore[arg-type]
    assert made == []


def test_garbage_is_looked_for_after_the_start() -> None:
    gc.disable()
    make_handler(broken, strategy="test")
    assert gc.isenabled()


@pytest.mark.parametrize("library", ["botocore", "urllib3", "psycopg"])
def test_no_library_logs_requests_even_at_debug(library: str) -> None:
    assert callable(postgres.single_user)  # importing a function is what sets the levels
    assert logging.getLogger(library).getEffectiveLevel() >= logging.WARNING
