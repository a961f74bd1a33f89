"""Functions, whose variable is set only on what nobody has changed meanwhile."""

from dataclasses import replace
from typing import Any
from unittest import mock

from moto.awslambda.models import LambdaBackend, LambdaFunction

from rotctl.aws.session import Aws
from tests.watch.renewal.account import Account, ago, refused
from tests.watch.renewal.looks import course, looked, stop
from tests.watch.renewal.rotated import Rotated
from watch.renewal import functions
from watch.renewal.course import Outcome


def shown(**given: Any) -> Any:  # noqa: ANN401 - mock has no types
    """moto's configurations with these members in the place of its own."""
    of = LambdaFunction.get_configuration
    return mock.patch.object(
        LambdaFunction,
        "get_configuration",
        lambda function, on_create=False: {**of(function, on_create), **given},
    )


def test_an_update_of_a_function_is_waited_for_and_its_failure_is_told(
    account: Account, rotated: Rotated
) -> None:
    arn = account.function("updated")
    with shown(LastUpdateStatus="InProgress"):
        second = looked(looked(course(rotated, [arn])))
        assert second.outcome is Outcome.WAITING
    with shown(LastUpdateStatus="Failed", LastUpdateStatusReasonCode="InvalidSubnet"):
        assert stop(second) == "Lambda could not update it (InvalidSubnet)"
    assert looked(second).outcome is Outcome.RENEWED


def test_variables_that_are_not_shown_are_not_written(account: Account, rotated: Rotated) -> None:
    arn = account.function("sealed", KEPT="as it was")
    with shown(Environment={"Error": {"ErrorCode": "AccessDeniedException", "Message": "no"}}):
        assert stop(course(rotated, [arn])).startswith("Lambda does not show its variables")
    assert account.variables("sealed") == {"KEPT": "as it was"}


def test_what_somebody_else_changes_at_that_moment_is_not_lost(
    account: Account, rotated: Rotated
) -> None:
    arn = account.function("busy", KEPT="as it was")
    found, values = functions._found, iter(("theirs", "theirs too"))

    def changed_meanwhile(aws: Aws, of: str) -> Any:  # noqa: ANN401 - the API's
        answer = found(aws, of)
        account.functions.update_function_configuration(
            FunctionName="busy", Environment={"Variables": {"KEPT": next(values)}}
        )
        return answer

    with mock.patch.object(functions, "_found", changed_meanwhile):
        first = looked(course(rotated, [arn]))
    assert (first.outcome, dict(first.begun)) == (Outcome.WAITING, {})
    assert account.variables("busy") == {"KEPT": "theirs too"}
    assert looked(looked(first)).outcome is Outcome.RENEWED
    assert account.variables("busy")["KEPT"] == "theirs too"


def test_what_others_change_for_an_hour_is_told(account: Account, rotated: Rotated) -> None:
    arn = account.function("stuck")
    with refused(LambdaBackend, "update_function_configuration", "ResourceConflictException"):
        first = looked(course(rotated, [arn]))
        assert (first.outcome, [*first.held]) == (Outcome.WAITING, [arn])
        since = replace(first, held={arn: ago(minutes=59)})
        assert looked(since).held == since.held
        why = stop(replace(first, held={arn: ago(minutes=61)}))
    assert why.startswith("it could not be begun for an hour")
    assert dict(looked(first).held) == {}


def test_a_function_that_takes_no_more_variables_is_told(
    account: Account, rotated: Rotated
) -> None:
    arn = account.function("full")
    with refused(LambdaBackend, "update_function_configuration", "InvalidParameterValueException"):
        after = looked(course(rotated, [arn]))
    assert after.what.endswith("(InvalidParameterValueException)")
    assert "as Lambda lets them have 4 KB together" in after.do


def test_a_function_that_cannot_run_is_not_renewed(account: Account, rotated: Rotated) -> None:
    """Its update was successful, and its state says that nobody can call it."""
    arn = account.function("broken")
    begun = looked(course(rotated, [arn]))
    with shown(State="Pending"):
        assert looked(begun).outcome is Outcome.WAITING
    with shown(State="Failed", StateReasonCode="SubnetOutOfIPAddresses"):
        assert stop(begun) == "Lambda could not update it (SubnetOutOfIPAddresses)"
        assert looked(begun).do.endswith("--query StateReason")
    assert looked(begun).outcome is Outcome.RENEWED


def test_a_variable_that_somebody_takes_back_is_said_and_no_more(
    account: Account, rotated: Rotated
) -> None:
    arn = account.function("terraformed", KEPT="as it was")
    begun = looked(course(rotated, [arn]))
    account.functions.update_function_configuration(
        FunctionName="terraformed", Environment={"Variables": {"KEPT": "as it was"}}
    )
    assert stop(begun) == "somebody has taken back its variable READER_RENEWED_AT"
