import copy
import json
import pickle
import traceback

import pytest
from rotating import MalformedSecret, Secret, Version

from tests.clients.core.world import CURRENT, World

PASSWORD = "hunter2-is-no-password"
DOCUMENT = json.dumps({"username": "app", "password": PASSWORD, "port": 5432, "none": None})


def version(text: str = DOCUMENT) -> Version:
    return Version("prod/app", "v-1", text=text)


def test_fields_are_strings_and_numbers_their_digits() -> None:
    found = version()
    assert (found["username"], found["password"], found["port"]) == ("app", PASSWORD, "5432")
    assert found.get("none", "default") == "default"
    assert found.get("port", "1") == "5432"
    assert found.fields["port"] == 5432


@pytest.mark.parametrize(
    ("field", "problem"),
    [("host", "has no field 'host'"), ("none", "has no field 'none'"), ("list", "no string")],
)
def test_a_field_that_is_missing_or_of_another_kind_is_named(field: str, problem: str) -> None:
    found = version(json.dumps({"none": None, "list": [PASSWORD]}))
    with pytest.raises(MalformedSecret, match=problem) as caught:
        found[field]
    assert caught.value.field == field
    assert "prod/app" in str(caught.value)


@pytest.mark.parametrize("text", [PASSWORD, f'"{PASSWORD}"', f'["{PASSWORD}"]', f"{{{PASSWORD}"])
def test_a_plain_string_is_had_as_text_and_has_no_fields(text: str) -> None:
    assert version(text).text == text
    with pytest.raises(MalformedSecret) as caught:
        version(text)["password"]
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


def test_a_binary_secret_is_bytes() -> None:
    found = Version("prod/app", "v-1", binary=b"\x00\xff")
    assert found.binary == b"\x00\xff"
    with pytest.raises(MalformedSecret, match="binary"):
        _ = found.text


def test_no_value_is_in_a_repr_or_a_format() -> None:
    found = version()
    secret = Secret("prod/app", source=World({CURRENT: DOCUMENT}, set()))
    secret.current()
    shown = [found, found.text, found["password"], found.fields, dict(found.fields), secret]
    assert not any(PASSWORD in repr(each) for each in shown)
    assert PASSWORD not in f"{found} {found!s} {secret}"
    assert not any(PASSWORD in repr(each) for each in vars(secret).values())


def test_no_value_is_in_a_traceback_with_all_locals() -> None:
    secret = Secret("prod/app", source=World({CURRENT: DOCUMENT}, set()))

    def use(version: Version) -> None:
        password = version["password"]
        arguments = {"password": password, "user": version["username"]}
        raise ValueError(len(arguments))

    with pytest.raises(ValueError, match="2") as caught:
        secret.attempt(use)
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert PASSWORD not in "".join(told.format())


@pytest.mark.parametrize("write", [pickle.dumps, copy.copy, copy.deepcopy])
def test_it_is_not_written_elsewhere(write: object) -> None:
    assert callable(write)
    with pytest.raises(TypeError, match="pickled"):
        write(version())


@pytest.mark.parametrize("text", ['"\ud800"', "[" * 100_000, '{"a": ' * 100_000])
def test_odd_text_is_read_and_has_no_fields(text: str) -> None:
    assert version(text).text == text
    with pytest.raises(MalformedSecret):
        version(text)["password"]


def test_no_value_is_in_the_repr_of_what_is_nested_or_binary() -> None:
    nested = version(json.dumps({"pin": 90210, "of": {"key": PASSWORD, "all": [PASSWORD]}}))
    assert not any(each in repr(nested.fields) for each in (PASSWORD, "90210"))
    assert PASSWORD not in repr(nested.fields["of"])
    assert PASSWORD not in repr(dict(nested.fields))
    assert "9021" not in repr(Version("app", "v-1", binary=b"90210").binary)
