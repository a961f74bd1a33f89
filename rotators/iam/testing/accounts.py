"""moto's account as the front and the tests see it: users and their keys, without a request."""

from datetime import datetime, timedelta
from typing import Any

from moto.iam.models import AccessKeyLastUsed, iam_backends

ACCOUNT = "123456789012"  # moto's
REGION = "us-east-1"


def backend() -> Any:  # noqa: ANN401 - moto's own, which a reset of all of moto makes anew
    """What has the users."""
    return iam_backends[ACCOUNT]["aws"]


def key_of(key_id: str) -> Any | None:  # noqa: ANN401 - as above
    """A user's key, active or not; None where there is none."""
    for user in list(backend().users.values()):
        for key in list(user.access_keys):
            if key.access_key_id == key_id:
                return key
    return None


def make_user(name: str, path: str = "/rotation/") -> None:
    """A user without a key."""
    backend().create_user("us-east-1", user_name=name, path=path)


def make_key(user: str) -> tuple[str, str]:
    """One more key of the user, as a person makes it by hand: its id and the key."""
    made = backend().create_access_key(user_name=user)
    return made.access_key_id, made.secret_access_key


def keys(user: str) -> dict[str, str]:
    """{id: Active or Inactive} of the user's keys."""
    return {each.access_key_id: each.status for each in backend().list_access_keys(user)}


def tags(user: str) -> dict[str, str]:
    """The user's tags."""
    return {each["Key"]: each["Value"] for each in backend().list_user_tags(user)}


def date_back(user: str, by: timedelta) -> None:
    """Have the user's keys made so much earlier, as moto keeps it."""
    for each in backend().users[user].access_keys:
        each.create_date -= by


def use(key_id: str, at: datetime) -> None:
    """Have the key last used then."""
    key = key_of(key_id)
    assert key is not None  # noqa: S101 - a test's own
    key.last_used = AccessKeyLastUsed(timestamp=at, service="s3", region=REGION)
