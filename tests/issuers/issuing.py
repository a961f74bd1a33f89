"""The rotator's own side of an issuer, as a rotation of one of its keys would have it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from rotators.http_api_key.issuer import HttpIssuer
from rotators.http_api_key.manager import Manager
from rotators.http_api_key.testing.issuers.issuer import Issuer
from shared.keys.api_key import ApiKey

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rotated/app-AbCdEf"
HERE = {"ALLOW_PRIVATE_ISSUERS": "true"}


@dataclass
class Ticket:
    """What the machine lends to a rotation that has only begun; `admin`: the admin's document."""

    admin: Mapping[str, object] = field(default_factory=dict)
    secret_arn: str = ARN
    version_id: str = "v1"
    current_version_id: str = "v0"

    def read_secret(self, _arn: str) -> Mapping[str, object]:
        return self.admin

    def pending_if_visible(self) -> None:
        return None

    def previous(self) -> None:
        return None

    def custom_labelled(self) -> Mapping[str, ApiKey | None]:
        return {}

    def unlabelled(self) -> Iterator[ApiKey]:
        return iter(())

    def tags_of(self, arn: str) -> Mapping[str, str]:
        raise AssertionError(arn)

    def ensure_still_this_rotation(self, *, again: bool = False) -> None:  # noqa: ARG002 - the contract's
        return None

    def pending(self) -> ApiKey:
        raise AssertionError("not needed")

    def current(self) -> ApiKey:
        raise AssertionError("not needed")

    def promote(self) -> None:
        raise AssertionError("not needed")


def http_issuer(issuer: Issuer, environment: Mapping[str, str] | None = None) -> HttpIssuer:
    return HttpIssuer(issuer.ca, {**HERE, **(environment or {})})


def stored_key(issuer: Issuer, key: str = "any", owner: str | None = None) -> ApiKey:
    document = {
        "issuer_url": issuer.url,
        "issuer": "jupyterhub",
        "owner": owner or issuer.owner,
        "key_id": "any",
        "api_key": key,
        "admin_secret_arn": "arn:any",
    }
    return http_issuer(issuer).parse(document)


def manager(issuer: Issuer, owner: str | None = None, admin: str | None = None) -> Manager:
    """The owner's account, by the hand of the admin or of whoever has this key."""
    said = {"issuer_url": issuer.url, "api_key": admin or issuer.admin}
    return http_issuer(issuer).manage(stored_key(issuer, owner=owner), Ticket(said))
