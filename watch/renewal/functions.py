"""Lambda functions: a changed variable has Lambda start all environments of $LATEST anew.

So code that reads the secret as it starts reads it again. A value that stands in a variable itself
stays what it is, and a published version never changes. Sources: Lambda API reference,
UpdateFunctionConfiguration; developer guide, "Function states". That a change of the description
alone does the same no source says.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rotctl.aws.functions import name_of
from rotctl.aws.session import Aws
from rotctl.output.times import iso
from rotctl.trouble import Missing, Trouble
from watch.renewal.standing import Standing, State

TYPE = "lambda:function"
VARIABLE = "READER_RENEWED_AT"  # in UTC, ISO 8601, as text compares
# Somebody changes it at this moment, or has since it was looked at.
_OTHERS = {"ResourceConflictException", "PreconditionFailedException"}
_WHOSE = "see in CloudTrail who has, and let what deploys it leave that variable alone"
# All variables of a function have 4 KB (Lambda developer guide, "Lambda quotas").
_ROOM = (
    f"see whether its variables have room for {VARIABLE}, as Lambda lets them have 4 KB together;"
    " if they have, look the code up in the API reference of UpdateFunctionConfiguration"
)


def label(arn: str) -> str:
    """As messages call it."""
    return f"function {name_of(arn)}"


def standing(aws: Aws, arn: str, fresh: datetime, start: str = "") -> Standing:
    """By the variable, which counts if it was set at `fresh` or later; raises Trouble."""
    del start  # one that somebody has set since is as good
    try:
        found = _found(aws, arn)
    except Missing:
        return Standing(State.GONE)
    if _variables(found).get(VARIABLE, "") < str(iso(fresh)):
        return Standing(State.OLD, f"somebody has taken back its variable {VARIABLE}", _WHOSE)
    update = found.get("LastUpdateStatus", "Successful")
    state = found.get("State", "Active")
    if "Failed" in {update, state}:
        key = f"{'LastUpdateStatus' if update == 'Failed' else 'State'}Reason"
        why = f"Lambda could not update it ({found.get(f'{key}Code', 'no reason')})"
        return Standing(State.FAILED, why, _look(arn, key))
    if update == "InProgress" or state == "Pending":
        look = _look(arn, "LastUpdateStatusReason")
        return Standing(State.UNDER_WAY, "Lambda is updating it still", look)
    return Standing(State.RENEWED)


def begin(aws: Aws, arn: str) -> str | None:
    """Set the variable, and leave the others as they are; None if somebody else was faster.

    Raises Trouble.
    """
    found = _found(aws, arn)
    variables = {**_variables(found), VARIABLE: str(iso(aws.now))}
    try:
        aws.call(
            "lambda",
            "update_function_configuration",
            FunctionName=arn,
            Environment={"Variables": variables},
            RevisionId=found["RevisionId"],
        )
    except Trouble as trouble:
        if trouble.code in _OTHERS:
            return None
        if trouble.code == "InvalidParameterValueException":
            raise Trouble(trouble.what, do=_ROOM) from None
        raise
    return variables[VARIABLE]


def _found(aws: Aws, arn: str) -> Mapping[str, Any]:
    return aws.call("lambda", "get_function_configuration", FunctionName=arn)


def _variables(found: Mapping[str, Any]) -> Mapping[str, str]:
    """Never logged. Raises Trouble where Lambda does not show them, as writing would lose them."""
    environment = found.get("Environment", {})
    if "Error" in environment:
        raise Trouble(
            "Lambda does not show its variables, so they cannot be kept",
            do="let ReaderRenewer's role use the key of its variables, or take its tag off",
        )
    return dict(environment.get("Variables", {}))


def _look(arn: str, key: str) -> str:
    return (
        "mend what Lambda tells: aws lambda get-function-configuration"
        f" --function-name {name_of(arn)} --query {key}"
    )
