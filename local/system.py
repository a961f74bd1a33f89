"""The whole system: Secrets Manager, the functions in their home, and the targets they rotate."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from local import rie, template
from local.certificates import Authority
from local.emulator import Emulator, built_functions
from local.functions import Home, InProcess
from local.issuers.demo import demo_issuer
from local.processes import free_port
from local.secrets_manager import SecretsManager
from local.servers import Server, mariadb, mysql, postgres
from local.servers.server import trusted
from local.targets import IssuerTarget, MySQLTarget, PostgresTarget, Target


class HomeKind(StrEnum):
    """Where functions run: the built artifact under AWS's emulator, or this process."""

    EMULATOR = "emulator"
    IN_PROCESS = "in-process"


class Kind(StrEnum):
    """The kinds of target there are here."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    MARIADB = "mariadb"
    API_KEY = "api-key"


@dataclass(frozen=True, slots=True)
class System:
    """A running system; `targets` are not yet in any secret."""

    service: SecretsManager
    targets: Mapping[Kind, Target]
    logs: Path


@contextmanager
def system(
    kinds: list[Kind],
    *,
    folder: Path,
    home: HomeKind,
    around: Callable[[Home], Home] = lambda home: home,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[System]:
    """Run it while the block runs; its files go to `folder`.

    around: wraps the functions' home, to inject failures; say: told what is being done.
    """
    authority = Authority(folder / "ca")
    port = free_port()
    environment = {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{port}",
        "TLS_CA_BUNDLE": str(trusted(authority, folder)),
    }
    with ExitStack() as stack:
        targets: dict[Kind, Target] = {}
        for kind in kinds:
            say(f"starting {kind}")
            targets[kind] = stack.enter_context(_OPENERS[kind](folder, authority))
        say("building the functions" if home is HomeKind.EMULATOR else "loading the functions")
        functions = stack.enter_context(_home(home, environment, folder))
        service = stack.enter_context(SecretsManager(home=around(functions), port=port))
        yield System(service, targets, folder)


@contextmanager
def _home(kind: HomeKind, environment: Mapping[str, str], logs: Path) -> Iterator[Home]:
    if kind is HomeKind.EMULATOR:
        rie.emulator()  # fetched now rather than within the first step
        with Emulator(built_functions(), logs=logs, environment=environment) as emulator:
            yield emulator
        return
    # In this process the functions' environment is this process's own.
    dummy = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"}  # not a secret
    os.environ.update(environment, AWS_REGION="us-east-1", AWS_DEFAULT_REGION="us-east-1", **dummy)
    yield InProcess({name: each.handler for name, each in template.functions().items()})


Opener = Callable[[Path, Authority], AbstractContextManager[Target]]


def _database(
    start: Callable[[Path, Authority], AbstractContextManager[Server]],
    target: Callable[[Server], Target],
) -> Opener:
    @contextmanager
    def open_one(folder: Path, authority: Authority) -> Iterator[Target]:
        with start(folder, authority) as server:
            yield target(server)

    return open_one


@contextmanager
def _api_key(folder: Path, authority: Authority) -> Iterator[Target]:
    with demo_issuer(folder, authority) as issuer:
        yield IssuerTarget(issuer)


_OPENERS: Mapping[Kind, Opener] = {
    Kind.POSTGRES: _database(postgres, PostgresTarget),
    Kind.MYSQL: _database(mysql, MySQLTarget),
    Kind.MARIADB: _database(mariadb, MySQLTarget),
    Kind.API_KEY: _api_key,
}
