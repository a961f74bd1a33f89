"""One local system for a file of tests, whose functions are processes that can be killed."""

import os
from collections.abc import Iterator
from unittest import mock

import pytest

from local.secrets_manager import SecretsManager
from local.servers import Server
from local.servers.certificates import Authority
from local.servers.postgres import postgres
from local.servers.server import write_bundle
from tests.faults.sandboxes import sandboxes
from tests.rotctl.world import KILLED_FIRST, Home, World

# Of whoever runs the tests.
AWAY = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


@pytest.fixture(scope="module")
def running_world(
    authority: Authority, postgres_server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rotctl")
    log = folder / "functions.log"
    with SecretsManager(retries=0, retry_delay=0) as service:
        variables = {
            **service.environment,
            **service.neighbours,
            "ALLOW_PRIVATE_ISSUERS": "true",
            "TLS_CA_BUNDLE": str(write_bundle(authority, folder)),
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
        # A refusal of here lasts: it need not be waited out.
        with sandboxes(log, {**variables, "CONSISTENCY_SECONDS": "0.3"}) as boxes:
            service.home = home = Home(boxes, log)
            yield World(service, home, postgres_server, variables)


@pytest.fixture
def world(running_world: World) -> Iterator[World]:
    """The same, with nothing refused and nothing killed."""
    running_world.home.kill_at = set()
    running_world.home.killed = KILLED_FIRST
    running_world.service.settings.refused = {}
    running_world.service.settings.retries = 0
    running_world.service.settings.step_pause = 0.0
    running_world.home.timeout = 60
    with running_world.opened, mock.patch.dict(os.environ, running_world.variables):
        for name in AWAY:
            os.environ.pop(name, None)
        yield running_world


@pytest.fixture(scope="module")
def strict_server(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """One whose rules will refuse what the function sends."""
    settings = {
        "shared_preload_libraries": "credcheck",
        "credcheck.encrypted_password_allowed": "on",  # until the user is made
    }
    with postgres(tmp_path_factory.mktemp("strict"), authority, settings=settings) as server:
        yield server
