"""`rotation.fields` and `rotation.urls`: each refusal has the place, and quotes no value."""

import json
from typing import Any

import pytest

from shared.document.form import require_known
from shared.document.value import load_document
from shared.errors import MalformedSecret

FIELDS = {"username": "DB_USER", "password": "DB_PASSWORD", "host": "DB_HOST"}
SECRET = {"DB_USER": "app", "DB_PASSWORD": "canary", "DB_HOST": "db", "URL": "x://app:canary@db"}


def load(rotation: object, **more: Any) -> dict[str, object]:  # noqa: ANN401 - any JSON
    return load_document(json.dumps({**SECRET, **more, "rotation": rotation}))


@pytest.mark.parametrize(
    ("rotation", "place", "problem"),
    [
        ("canary", "rotation", "must be a JSON object"),
        (["canary"], "rotation", "must be a JSON object"),
        (False, "rotation", "must be a JSON object"),
        ({"fields": "canary"}, "rotation.fields", "an object of names"),
        ({"fields": ["canary"]}, "rotation.fields", "an object of names"),
        ({"fields": {"password": 7}}, "rotation.fields.password", "the name of a field"),
        ({"fields": {"password": None}}, "rotation.fields.password", "the name of a field"),
        ({"fields": {"password": ""}}, "rotation.fields.password", "the name of a field"),
        ({"fields": {"password": ["canary"]}}, "rotation.fields.password", "the name of a field"),
        ({"fields": {"password": "canary"}}, "rotation.fields.password", "does not have"),
        ({"fields": {"the canary's": "canary"}}, "rotation.fields", "does not have"),
        *(
            ({"fields": {name: "canary"}}, "rotation.fields", "does not have")
            for name in ("Canary-1", "canary7", "c" * 21, "canary\n")
        ),
        ({"fields": {"password": "rotation"}}, "rotation.fields.password", "'rotation' itself"),
        ({"fields": {"rotation": "DB_USER"}}, "rotation.fields.rotation", "'rotation' itself"),
        (
            {"fields": {"username": "DB_USER", "password": "DB_USER"}},
            "rotation.fields.password",
            "'DB_USER', as another name does",
        ),
        (
            {"fields": {"password": "URL"}, "urls": ["URL"]},
            "rotation.fields.password",
            "a URL by 'rotation.urls'",
        ),
        ({"urls": "URL"}, "rotation.urls", "a list of names"),
        ({"urls": {"URL": "canary"}}, "rotation.urls", "a list of names"),
        ({"urls": [7]}, "rotation.urls", "a list of names"),
        ({"urls": ["x://app:canary@db"]}, "rotation.urls", "does not have"),
        ({"urls": ["rotation"]}, "rotation.urls", "does not have"),
        ({"urls": ["URL", "URL"]}, "rotation.urls", "'URL' twice"),
        ({"urls": ["DB_USER"]}, "DB_USER", "no connection URL"),
        ({"urls": ["NUMBER"]}, "NUMBER", "must be a connection URL"),
        ({"urls": ["NOTHING"]}, "NOTHING", "must be a connection URL"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(rotation: object, place: str, problem: str) -> None:
    with pytest.raises(MalformedSecret, match=problem) as caught:
        load(rotation, NUMBER=7, NOTHING=None)
    assert caught.value.field == place
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "rotation", [None, {}, {"fields": None, "urls": None}, {"fields": {}, "urls": []}]
)
def test_a_secret_that_maps_nothing_is_as_it_is_stored(rotation: object) -> None:
    document = load(rotation)
    assert type(document) is dict
    assert document == {**SECRET, "rotation": rotation}


def test_other_members_are_for_others_to_read() -> None:
    document = load({"fields": FIELDS, "password_length": 64})
    assert document["rotation"] == {"fields": FIELDS, "password_length": 64}


@pytest.mark.parametrize(
    ("fields", "place", "problem"),
    [
        (
            {"pasword": "DB_PASSWORD"},
            "rotation.fields.pasword",
            r"none .*\(host, pass",
        ),
        ({"password": "host"}, "rotation.fields.password", "'host', which this function reads"),
    ],
)
def test_a_name_that_no_function_reads_is_refused(
    fields: dict[str, str], place: str, problem: str
) -> None:
    document = load({"fields": fields}, host="db")
    with pytest.raises(MalformedSecret, match=problem) as caught:
        require_known(document, {"host", "password", "username"}, of="the secret")
    assert caught.value.field == place
    require_known(load({"fields": FIELDS}), {"host", "password", "username"}, of="the secret")
