"""Handlers in this process see what Lambda would show them, and fail as Lambda says."""

from typing import Any

import pytest

from local.functions.home import (
    ARN_PREFIX,
    Directory,
    FunctionError,
    InProcess,
    LambdaContext,
    name_of,
)

EVENT = {"Step": "testSecret"}


@pytest.mark.parametrize(
    "function",
    ["Mine", "Mine:live", ARN_PREFIX + "Mine", ARN_PREFIX + "Mine:$LATEST"],
)
def test_a_function_is_known_by_name_and_by_arn(function: str) -> None:
    assert name_of(function) == "Mine"
    assert InProcess({"Mine": lambda _event, _context: None}).knows(function)
    assert not InProcess({}).knows(function)
    assert isinstance(InProcess({}), Directory)


def test_a_handler_gets_a_copy_of_the_event_and_a_context() -> None:
    seen: list[LambdaContext] = []

    def handler(event: dict[str, Any], context: LambdaContext) -> None:
        event.clear()
        seen.append(context)

    InProcess({"Mine": handler}, timeout=5, memory=128).invoke(ARN_PREFIX + "Mine", EVENT)
    (context,) = seen
    assert EVENT == {"Step": "testSecret"}
    assert context.function_name == "Mine"
    assert context.invoked_function_arn == ARN_PREFIX + "Mine"
    assert context.memory_limit_in_mb == "128"
    assert len(context.aws_request_id) == 36
    assert context.log_group_name == "/aws/lambda/Mine"
    earlier = context.get_remaining_time_in_millis()
    assert 0 <= context.get_remaining_time_in_millis() <= earlier <= 5000


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_the_context_tells_the_region_that_the_function_is_invoked_in(region: str) -> None:
    seen: list[str] = []
    home = InProcess({"Mine": lambda _event, context: seen.append(context.invoked_function_arn)})
    arn = f"arn:aws:lambda:{region}:123456789012:function:Mine:live"
    home.invoke(arn, EVENT)
    assert seen == [arn]


def test_a_context_never_has_less_than_no_time_left() -> None:
    context = LambdaContext(function_name="Mine", timeout=-1, memory_limit_in_mb="128")
    assert context.get_remaining_time_in_millis() == 0


def _raise(_event: dict[str, Any], _context: LambdaContext) -> None:
    raise ValueError("bad port")


def _leave(_event: dict[str, Any], _context: LambdaContext) -> None:
    raise SystemExit(1)


@pytest.mark.parametrize(
    ("handler", "error_type", "message"),
    [
        (_raise, "ValueError", "bad port"),
        (_leave, "Runtime.ExitError", "the handler ended the process"),
        (lambda _event, _context: object(), "Runtime.MarshalError", "object can't be sent as JSON"),
        ("no.such.module", "Runtime.ImportModuleError", "No module named 'no'"),
        ("json.nothing", "Runtime.ImportModuleError", "has no attribute 'nothing'"),
    ],
)
def test_a_failure_is_reported_by_type_and_message(
    handler: Any,  # noqa: ANN401 a handler or a path
    error_type: str,
    message: str,
) -> None:
    with pytest.raises(FunctionError, match=message) as raised:
        InProcess({"Mine": handler}).invoke("Mine", EVENT)
    assert raised.value.type == error_type


def test_a_function_that_is_not_there_is_said_so() -> None:
    with pytest.raises(FunctionError, match="no such function: Yours"):
        InProcess({"Mine": "json.dumps"}).invoke("Yours", EVENT)
