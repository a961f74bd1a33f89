"""The local service for the referee, and moto's server in a process of its own."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from local.processes import children
from local.secrets_manager import SecretsManager
from local.verify import endpoint
from local.verify.place import Place
from local.verify.registry import Check
from local.verify.verdict import Result, ask

# moto's CloudFormation imports jsonschema, which takes seconds for a grammar that nobody asks for.
MOTO = """
import sys
sys.modules["rfc3987_syntax"] = None
from moto.server import main
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
"""


@pytest.fixture(scope="session")
def running() -> Iterator[SecretsManager]:
    with endpoint.service() as service:
        yield service


@pytest.fixture(scope="session")
def place(running: SecretsManager) -> Place:
    return endpoint.local_place(running)


@pytest.fixture(scope="session")
def asked(place: Place) -> Callable[[Check], Result]:
    """What the local service answers to a check, which is asked once."""
    return functools.cache(lambda check: ask(place, check))


@pytest.fixture(scope="session")
def moto(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of moto's server, in which no function is run."""
    log = tmp_path_factory.mktemp("moto") / "log"
    port = children.free_port()
    argv: list[str | Path] = [sys.executable, "-W", "ignore", "-c", MOTO, str(port)]
    with children.running(
        argv, log=log, ready=lambda: children.listening(port), name="moto", stop_within=2
    ):
        url = f"http://127.0.0.1:{port}"
        with urllib3.PoolManager(retries=False) as http:
            config = {"lambda": {"use_docker": False}}
            assert http.request("POST", f"{url}/moto-api/config", json=config).status == 201
        yield url
