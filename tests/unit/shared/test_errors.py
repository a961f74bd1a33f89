import pytest

from shared import errors
from shared.aws.errors import Exists, NotFound
from shared.errors import Permanent, Rejected, Retryable, RotationError, Unreachable

KINDS = {
    "Unreachable": True,
    "Throttled": True,
    "Busy": True,
    "InvalidEvent": False,
    "WrongStage": False,
    "MalformedSecret": False,
    "Misconfigured": False,
    "Untrusted": False,
    "Rejected": False,
    "PendingUnusable": False,
    "RejectedByPolicy": False,
    "Forbidden": False,
    "LockedOut": False,
    "TargetMismatch": False,
    "Unexpected": False,
}


def test_every_kind_has_its_code_and_says_whether_another_attempt_may_help() -> None:
    kinds = {
        name: kind.retryable
        for name, kind in vars(errors).items()
        if isinstance(kind, type)
        and issubclass(kind, RotationError)
        and kind not in (RotationError, Retryable, Permanent)
    }
    assert kinds == KINDS
    assert all(vars(errors)[name].code == name for name in KINDS)


def test_the_base_is_not_raised_itself() -> None:
    with pytest.raises(TypeError, match="kind of RotationError"):
        RotationError("what", do="do")


def test_a_message_says_where_what_which_and_what_to_do() -> None:
    error = Rejected("postgres rejected user 'app' at db:5432", do="check pg_hba and role LOGIN")
    message = str(error.at("testSecret", "postgres").of_version("AWSPENDING"))
    assert message == (
        "testSecret: postgres rejected user 'app' at db:5432 (AWSPENDING); "
        "check pg_hba and role LOGIN"
    )


def test_a_narrower_kind_keeps_the_code_alarms_match_on() -> None:
    assert NotFound.code == Exists.code == "InvalidEvent"


def test_a_row_of_a_drivers_table_makes_the_error_it_describes() -> None:
    row = errors.ErrorRow(Unreachable, "there was no answer", "check the route", "host")
    error = row.error("user 'app' at db:5432", "error 2003")
    assert type(error) is Unreachable
    assert error.field == "host"
    assert str(error) == "user 'app' at db:5432: there was no answer (error 2003); check the route"
