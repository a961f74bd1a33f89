"""An account for each test, and one AWS CLI for all of them."""

import itertools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from local import examples
from local.secrets_manager import SecretsManager
from tests.deploy.documents import command
from tests.deploy.documents.account import Account

_accounts = itertools.count(1)


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with `aws` in it, for the path."""
    folder = tmp_path_factory.mktemp("cli")
    path = str(folder / "s")
    command.program(folder, Path(sys.executable), path)
    python = examples.environment() / "bin" / "python"
    started = [str(python), command.__file__, path]
    pipe = subprocess.PIPE
    with subprocess.Popen(started, stdin=pipe, stdout=pipe) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        yield folder


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The endpoint of all that is not Secrets Manager."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def account(programs: Path, elsewhere: str, tmp_path: Path) -> Iterator[Account]:
    with SecretsManager() as service:
        made = Account(service, service.client(), elsewhere, programs, tmp_path)
        yield made
    client = made.aws("cloudformation")
    for each in client.describe_stacks()["Stacks"]:
        client.delete_stack(StackName=each["StackName"])
