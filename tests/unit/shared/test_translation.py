"""What is behind a driver's exception, and that nothing of it is behind ours."""

import gc
import socket
import ssl
from collections.abc import Callable
from weakref import ref

import pymysql
import pytest

from shared.deadline import TimeOverError
from shared.errors import ErrorRow, RotationError, Untrusted
from shared.translation import ConnectionFaults, causes, translate_errors

FAULTS = ConnectionFaults.at("host")
CERTIFICATE = FAULTS.certificate
CANARY = "canary"


def unproven(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, CANARY)
    error.verify_code = code
    return error


CAUSES = [
    (socket.gaierror(-2, CANARY), FAULTS.unresolved),
    (unproven(62), CERTIFICATE.wrong_host),
    (unproven(64), CERTIFICATE.wrong_host),
    (unproven(10), CERTIFICATE.expired),
    (unproven(20), CERTIFICATE.unknown_issuer),
    (ssl.SSLCertVerificationError(CANARY), CERTIFICATE.untrusted),  # made by another library
    (ssl.SSLEOFError(8, CANARY), FAULTS.broken_tls),
    (ssl.SSLError(1, CANARY), FAULTS.broken_tls),
    (TimeoutError(CANARY), FAULTS.no_answer),
    (ConnectionRefusedError(111, CANARY), FAULTS.no_answer),
    (ConnectionResetError(104, CANARY), FAULTS.no_answer),
    (OSError(113, CANARY), FAULTS.no_answer),
    (ValueError(CANARY), None),
]


# --- by its causes ---


def raised_from(cause: Exception) -> Exception:
    error = RuntimeError(CANARY)
    error.__cause__ = cause
    return error


def raised_during(context: Exception) -> Exception:
    error = RuntimeError(CANARY)
    error.__context__ = context
    error.__suppress_context__ = True  # as `from None` does
    return error


def holding(argument: Exception) -> Exception:
    return RuntimeError(CANARY, argument)


def keeping(name: str) -> Callable[[Exception], Exception]:
    def wrapped(kept: Exception) -> Exception:
        error = RuntimeError(CANARY)
        setattr(error, name, kept)
        return error

    return wrapped


WRAPPINGS = [
    raised_from,
    raised_during,
    holding,
    keeping("reason"),
    keeping("original_exception"),
]


@pytest.mark.parametrize(("cause", "meaning"), CAUSES, ids=repr)
def test_each_cause(cause: Exception, meaning: ErrorRow | None) -> None:
    assert FAULTS.row(cause) is meaning


@pytest.mark.parametrize(("cause", "meaning"), CAUSES, ids=repr)
@pytest.mark.parametrize("outer", range(len(WRAPPINGS)))
def test_each_cause_three_deep(cause: Exception, meaning: ErrorRow | None, outer: int) -> None:
    error = cause
    for depth in range(3):
        error = WRAPPINGS[(outer + depth) % len(WRAPPINGS)](error)
    assert FAULTS.row(error) is meaning


@pytest.mark.parametrize(("cause", "meaning"), CAUSES, ids=repr)
def test_the_most_telling_cause_counts_though_another_is_nearer(
    cause: Exception, meaning: ErrorRow | None
) -> None:
    error = OSError(CANARY)
    error.__cause__ = cause
    assert FAULTS.row(error) is (meaning or FAULTS.no_answer)


def test_chains_without_an_end() -> None:
    first, second, third = RuntimeError("1"), RuntimeError("2"), RuntimeError("3")
    first.__cause__, second.__context__, third.args = second, third, (first, third)
    assert causes(first) == [first, second, third]
    assert FAULTS.row(first) is None


def test_what_is_in_several_places_is_found_once() -> None:
    cause = OSError(CANARY)
    error = holding(cause)
    error.__cause__ = error.__context__ = cause
    assert causes(error) == [error, cause]


# --- raised as ours ---


def as_typed(_error: Exception) -> RotationError:
    return Untrusted("what", do="do", field="host")


def test_nothing_of_the_driver_is_behind_it() -> None:
    error = pymysql.OperationalError(2003, CANARY)
    error.original_exception = OSError(CANARY)  # type: ignore[attr-defined]  # PyMySQL's own
    with pytest.raises(Untrusted) as caught, translate_errors(pymysql.Error, by=as_typed):
        raise error from OSError(CANARY)
    assert causes(caught.value) == [caught.value]
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert CANARY not in repr((caught.value, caught.value.args, vars(caught.value)))


def test_no_frame_of_the_drivers_is_kept_alive() -> None:
    """Its sockets would be closed whenever Python looks for cycles, and its requests kept."""

    class Socket:
        pass

    opened: list[ref[Socket]] = []

    def connect() -> None:
        kept = Socket()
        opened.append(ref(kept))
        raise KeyError(CANARY)

    gc.disable()
    try:
        with pytest.raises(Untrusted), translate_errors(KeyError, by=as_typed):
            connect()
        assert opened[0]() is None
    finally:
        gc.enable()


def test_nor_what_is_being_handled_around_the_block() -> None:
    try:
        socket.inet_aton(CANARY)
    except OSError as around:
        with pytest.raises(Untrusted) as caught, translate_errors(KeyError, by=as_typed):
            raise KeyError(CANARY) from around
    assert causes(caught.value) == [caught.value]


def test_the_error_itself_is_what_is_translated() -> None:
    seen: list[Exception] = []

    def by(error: Exception) -> RotationError:
        seen.append(error)
        return as_typed(error)

    first, second = KeyError(CANARY), IndexError(CANARY)
    for error in (first, second):
        with pytest.raises(Untrusted), translate_errors(KeyError, IndexError, by=by):
            raise error
    assert seen == [first, second]


@pytest.mark.parametrize("error", [ValueError("x"), as_typed(OSError()), TimeOverError()], ids=repr)
def test_what_is_not_the_drivers_goes_through(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, translate_errors(pymysql.Error, by=as_typed):
        raise error
    assert caught.value is error


def test_a_block_that_goes_well() -> None:
    with translate_errors(pymysql.Error, by=as_typed):
        done = True
    assert done
