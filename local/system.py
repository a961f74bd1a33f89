"""The whole system: Secrets Manager, the functions in their home, and the targets they rotate."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from local import template
from local.functions import rie
from local.functions.emulator import Emulator, built_functions
from local.functions.home import Home, InProcess
from local.processes.children import free_port
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.targets import Place, Target, registry


class HomeKind(StrEnum):
    """Where functions run: the built artifact under AWS's emulator, or this process."""

    EMULATOR = "emulator"
    IN_PROCESS = "in-process"


@dataclass(frozen=True, slots=True)
class System:
    """A running system; `targets` are not yet in any secret."""

    service: SecretsManager
    targets: Mapping[str, Target]
    logs: Path


@contextmanager
def system(
    names: Iterable[str],
    *,
    folder: Path,
    home: HomeKind,
    around: Callable[[Home], Home] = lambda home: home,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[System]:
    """Run it while the block runs; its files go to `folder`.

    names: of the targets; around: wraps the functions' home, to inject failures; say: told what is
    being done.
    """
    authority = Authority(folder / "ca")
    port = free_port()
    environment = {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": f"http://127.0.0.1:{port}",
        "TLS_CA_BUNDLE": str(write_bundle(authority, folder)),
        "ALLOW_PRIVATE_ISSUERS": "true",  # the issuer is on this machine
    }
    with ExitStack() as stack:
        place = Place(folder, authority, stack, say)
        targets = open_targets(names, place)
        environment |= settings_of(targets.values())
        say("building the functions" if home is HomeKind.EMULATOR else "loading the functions")
        functions = stack.enter_context(_home(home, environment, folder))
        service = stack.enter_context(SecretsManager(home=around(functions), port=port))
        yield System(service, targets, folder)


def open_targets(names: Iterable[str], place: Place) -> dict[str, Target]:
    """The targets of these names, on servers that start for them."""
    offered = registry.targets()
    return {name: offered[name].make(place) for name in names}


def settings_of(targets: Iterable[Target]) -> dict[str, str]:
    """What the functions' environment has for these, which stand beside each other."""
    return {name: value for target in targets for name, value in target.settings.items()}


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
