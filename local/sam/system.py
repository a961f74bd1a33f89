"""The whole local system, as functions in Docker containers see it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.functions.home import Home
from local.network.relay import is_on_this_machine, relay
from local.processes.children import free_port
from local.sam import seeding
from local.sam.application import Application
from local.sam.docker.engine import Engine
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.system import System, open_targets, settings_of
from local.targets import Place


@dataclass(frozen=True, slots=True)
class Outside:
    """It runs, its secrets are made, and `application` is written; by function, what it rotates."""

    system: System
    application: Application
    targets: dict[str, str]


@contextmanager
def system_for_containers(  # noqa: PLR0913 - each is one independent choice
    folder: Path,
    home: Home,
    engine: Engine | None,
    *,
    port: int = 0,
    mariadb: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> Iterator[Outside]:
    """Run it while the block runs; its files go to `folder`.

    engine: where the containers will be; on Linux, its bridge is let in to what is on loopback.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = Authority(folder / "ca")
    wanted = seeding.targets(mariadb=mariadb)
    with ExitStack() as stack:
        place = Place(folder / "logs", authority, stack, say)
        (folder / "logs").mkdir(exist_ok=True)
        targets = open_targets(wanted.values(), place)
        service = stack.enter_context(SecretsManager(home, port=port or free_port()))
        ports = seeding.seed(service, targets, wanted)
        service_port = int(service.endpoint.rpartition(":")[2])
        settings, more_ports = seeding.settings_outside(settings_of(targets.values()))
        application = Application(folder)
        application.write(service_port, write_bundle(authority, folder), settings)
        gateway = engine.gateway() if engine else None
        if gateway and is_on_this_machine(gateway):
            stack.enter_context(relay(gateway, {service_port, *ports, *more_ports}))
            say(f"containers reach it at {gateway}, the bridge's address")
        if engine is None:
            say("no Docker engine answers here; on Linux, start it first, then this anew")
        yield Outside(System(service, targets, folder / "logs"), application, wanted)
