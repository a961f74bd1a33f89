"""The rotator's objects for one of an issuer's keys, as a rotation of the key has them."""

from collections.abc import Mapping
from dataclasses import replace

from rotators.http_api_key.account.manager import Manager
from rotators.http_api_key.issuer import HttpIssuer
from rotators.http_api_key.testing.issuers.issuer import Issuer
from shared.keys.api_key import ApiKey
from tests.fake_ticket import FakeTicket

ADMIN_ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf"
HERE = {"ALLOW_PRIVATE_ISSUERS": "true"}


def ticket_with_admin(admin: Mapping[str, object]) -> FakeTicket:
    """The ticket of a rotation that has only begun, with this as the admin's secret."""
    return FakeTicket(
        admin_secret=admin, version_id="v1", current_version_id="v0", allow_changes=True
    )


def http_issuer(issuer: Issuer, environment: Mapping[str, str] | None = None) -> HttpIssuer:
    return HttpIssuer(issuer.ca, {**HERE, **(environment or {})})


def stored_key(issuer: Issuer, key: str = "any", owner: str | None = None) -> ApiKey:
    document = {
        "issuer_url": issuer.url,
        "issuer": "jupyterhub",
        "owner": owner or issuer.owner,
        "key_id": "any-id",
        "api_key": key,
        "admin_secret_arn": ADMIN_ARN,
    }
    return http_issuer(issuer).parse(document)


def successor(account: Manager, issuer: Issuer, key_id: str, key: str) -> ApiKey:
    """A key with what this one has, as createSecret has one made."""
    current = replace(stored_key(issuer, key), key_id=key_id)
    listed = next(each for each in account.listed() if each.key_id == key_id)
    return account.issue(current, account.inspect(listed, current).kept)


def manager(issuer: Issuer, owner: str | None = None, admin: str | None = None) -> Manager:
    """The manager of the owner's keys, with the issuer's admin key or the one given."""
    admin_document = {"issuer_url": issuer.url, "api_key": admin or issuer.admin}
    return http_issuer(issuer).manage(
        stored_key(issuer, owner=owner), ticket_with_admin(admin_document)
    )
