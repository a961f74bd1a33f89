import copy
import json
import logging
import pickle
import traceback
from collections.abc import Callable

import pytest

from shared.secret import Secret

VALUE = "hunter2-Canary"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format])
def test_no_way_of_printing_shows_the_value(show: Callable[[Secret], str]) -> None:
    assert VALUE not in show(Secret(VALUE))


def test_it_is_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(VALUE))
    with pytest.raises(TypeError):
        json.dumps({"password": Secret(VALUE)})


def test_it_is_no_string() -> None:
    with pytest.raises(TypeError):
        "".join([Secret(VALUE)])  # type: ignore[list-item]  # the mistake under test


def test_a_traceback_with_locals_does_not_show_it() -> None:
    def fail(secret: Secret) -> None:
        raise RuntimeError(f"with {secret}")

    try:
        fail(Secret(VALUE))
    except RuntimeError as error:
        shown = "".join(
            traceback.TracebackException.from_exception(error, capture_locals=True).format()
        )
    assert VALUE not in shown.replace(f'VALUE = "{VALUE}"', "")


def test_logging_does_not_show_it(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("the secret is %s", Secret(VALUE), extra={"s": Secret(VALUE)})
    assert VALUE not in caplog.text


def test_equal_values_are_equal_and_nothing_else_is() -> None:
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert Secret("naïve ✓") == Secret("naïve ✓")


def test_it_has_no_hash_and_copies_are_itself() -> None:
    secret = Secret(VALUE)
    with pytest.raises(TypeError):
        hash(secret)
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_reveal_is_the_way_to_it() -> None:
    assert Secret(VALUE).reveal() == VALUE
