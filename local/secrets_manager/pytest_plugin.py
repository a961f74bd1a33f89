"""The service as a fixture of pytest's, for any project: docs/local-system.md has an example."""

import os
from collections.abc import Iterator

import pytest

from local.secrets_manager.service import SecretsManager

# Of the user's own, which would lead a client elsewhere or have it fail.
_AWAY = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SESSION_TOKEN",
)
_INSTEAD = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


@pytest.fixture
def secrets_manager(monkeypatch: pytest.MonkeyPatch) -> Iterator[SecretsManager]:
    """A running Secrets Manager without secrets, which every client made in the test uses.

    `add_function` gives it a rotation function; it and its secrets end with the test.
    """
    with SecretsManager() as service:
        for name in _AWAY:
            monkeypatch.delenv(name, raising=False)
        for name, value in {**_INSTEAD, **service.environment}.items():
            monkeypatch.setenv(name, value)
        yield service
