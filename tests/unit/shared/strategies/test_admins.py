"""What is refused of an admin's secret, and of the field that names it, before it is used."""

import json
from collections.abc import Mapping
from typing import Any, cast

import pytest

from rotators.postgres.engine import PostgresEngine
from shared.document.value import load_value
from shared.errors import InvalidEvent, MalformedSecret
from shared.strategies import SingleUser
from tests.issuers.issuing import ticket_with_admin

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rotation-admin/db-AbCdEf"
LOGIN = {"host": "db.test", "username": "app", "password": "old"}
ADMIN = {"host": "db.test", "username": "admin", "password": "x"}
BACKEND = SingleUser(object.__new__(PostgresEngine), {})


def admins_login(secret: Mapping[str, object], ticket: object) -> None:
    BACKEND.admins.login(BACKEND.parse(load_value(json.dumps(secret))), cast("Any", ticket))


def with_admin(**admin: object) -> object:
    return ticket_with_admin(load_value(json.dumps({**ADMIN, **admin})))


@pytest.mark.parametrize("arn", [ARN, ARN.removesuffix("-AbCdEf"), ARN.replace("aws", "aws-cn")])
def test_an_arn_of_a_secret_is_read(arn: str) -> None:
    admins_login({**LOGIN, "masterarn": arn}, with_admin())


@pytest.mark.parametrize(
    "canary", ["sk_canary", "admin/canary", "arn:canary", f"{ARN} canary", f"{ARN}\ncanary"]
)
def test_what_is_no_arn_is_neither_quoted_nor_asked_for(canary: str) -> None:
    """Such as another service's key, which a slip in `rotation.fields` names."""
    secret = {**LOGIN, "STRIPE": canary, "rotation": {"fields": {"masterarn": "STRIPE"}}}
    with pytest.raises(MalformedSecret, match="is not the ARN of a secret") as caught:
        admins_login(secret, ticket=_Asked())
    assert "canary" not in str(caught.value)


def test_a_secret_that_is_not_there_is_told_by_the_field_that_names_it() -> None:
    secret = {**LOGIN, "BOSS": ARN, "rotation": {"fields": {"masterarn": "BOSS"}}}
    login = BACKEND.parse(load_value(json.dumps(secret)))
    with pytest.raises(MalformedSecret) as caught:
        BACKEND.admins.login(login, cast("Any", _Absent()))
    error = caught.value.rename_fields(cast("Any", login.document).names)
    assert error.what.startswith("there is no secret to read for field 'BOSS' (")
    assert (error.do.partition(",")[0], error.field) == (
        "let 'BOSS' be the ARN of the admin's secret",
        "BOSS",
    )


def test_a_member_that_nobody_reads_is_told_of_the_admins_secret() -> None:
    secret = {**LOGIN, "masterarn": ARN}
    with pytest.raises(MalformedSecret, match=r"of the admin's secret .* is not one") as caught:
        admins_login(secret, with_admin(rotation={"field": {"username": "username"}}))
    assert caught.value.field == "rotation.field"
    assert caught.value.do.startswith("did you mean 'rotation.fields'?")


def test_an_admins_secret_may_be_rotated_itself_and_ask_for_what_that_allows() -> None:
    wishes = {"password_length": 64, "short_gap": True, "fields": {}, "urls": []}
    admins_login({**LOGIN, "masterarn": ARN}, with_admin(rotation=wishes))


class _Asked:
    """A ticket that nothing but the own secret's ARN may be asked of."""

    secret_arn = ARN


class _Absent(_Asked):
    def read_secret(self, _arn: str, **_again: bool) -> dict[str, object]:
        raise InvalidEvent("nothing was found", do="check it", field="SecretId")
