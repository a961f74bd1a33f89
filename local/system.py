"""The whole system: Secrets Manager, the functions in their home, and the targets they rotate."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from local import template
from local.functions import rie
from local.functions.emulator import Emulator, built_functions
from local.functions.home import Home, InProcess
from local.issuers.demo import demo_issuer
from local.issuers.issuer import Issuer
from local.processes.children import free_port
from local.secrets_manager import SecretsManager
from local.servers import Server, mariadb, mysql, postgres
from local.servers.certificates import Authority
from local.servers.server import trusted
from local.targets import (
    IssuerTarget,
    MySQLAlternatingTarget,
    MySQLTarget,
    PostgresAlternatingTarget,
    PostgresTarget,
    Target,
)

ALTERNATING = "shop"  # beside the single user `app`, on the same server


class HomeKind(StrEnum):
    """Where functions run: the built artifact under AWS's emulator, or this process."""

    EMULATOR = "emulator"
    IN_PROCESS = "in-process"


class Kind(StrEnum):
    """The kinds of target there are here."""

    POSTGRES = "postgres"
    MYSQL = "mysql"
    MARIADB = "mariadb"
    POSTGRES_ALTERNATING = "postgres-alternating"
    MYSQL_ALTERNATING = "mysql-alternating"
    MARIADB_ALTERNATING = "mariadb-alternating"
    API_KEY = "api-key"


@dataclass(frozen=True, slots=True)
class System:
    """A running system; `targets` are not yet in any secret."""

    service: SecretsManager
    targets: Mapping[Kind, Target]
    logs: Path


Start = Callable[[Path, Authority], AbstractContextManager[Server]]


class Place:
    """Where the targets are: servers that start when first asked for, each once."""

    def __init__(
        self, folder: Path, authority: Authority, stack: ExitStack, say: Callable[[str], None]
    ) -> None:
        self._folder = folder
        self._authority = authority
        self._stack = stack
        self._say = say
        self._servers: dict[Start, Server] = {}

    def server(self, start: Start) -> Server:
        """The one server of its kind."""
        if start not in self._servers:
            self._say(f"starting {start.__name__}")
            running = self._stack.enter_context(start(self._folder, self._authority))
            self._servers[start] = running
        return self._servers[start]

    def issuer(self) -> Issuer:
        """The issuer of API keys."""
        self._say("starting an issuer of API keys")
        return self._stack.enter_context(demo_issuer(self._folder, self._authority))


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
        "ALLOW_PRIVATE_ISSUERS": "true",  # the issuer is on this machine
    }
    with ExitStack() as stack:
        place = Place(folder, authority, stack, say)
        targets = opened(kinds, place)
        say("building the functions" if home is HomeKind.EMULATOR else "loading the functions")
        functions = stack.enter_context(_home(home, environment, folder))
        service = stack.enter_context(SecretsManager(home=around(functions), port=port))
        yield System(service, targets, folder)


def opened(kinds: Iterable[Kind], place: Place) -> dict[Kind, Target]:
    """A target of each kind, on servers that start for it."""
    return {kind: _OPENERS[kind](place) for kind in kinds}


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


_OPENERS: Mapping[Kind, Callable[[Place], Target]] = {
    Kind.POSTGRES: lambda place: PostgresTarget(place.server(postgres)),
    Kind.MYSQL: lambda place: MySQLTarget(place.server(mysql)),
    Kind.MARIADB: lambda place: MySQLTarget(place.server(mariadb)),
    Kind.POSTGRES_ALTERNATING: lambda place: PostgresAlternatingTarget(
        place.server(postgres), ALTERNATING
    ),
    Kind.MYSQL_ALTERNATING: lambda place: MySQLAlternatingTarget(place.server(mysql), ALTERNATING),
    Kind.MARIADB_ALTERNATING: lambda place: MySQLAlternatingTarget(
        place.server(mariadb), ALTERNATING
    ),
    Kind.API_KEY: lambda place: IssuerTarget(place.issuer()),
}
