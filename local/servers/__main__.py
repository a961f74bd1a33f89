"""`python -m local.servers [NAME ...] [--only-fetch]`: fetch servers, or run them until Ctrl-C."""

import argparse
import signal
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from local.bootstrap import ROOT
from local.servers import Server, mariadb, mysql, postgres, rabbitmq
from local.servers.certificates import Authority, write_private
from local.servers.mariadb import RECIPE as MARIADB
from local.servers.mysql import RECIPE as MYSQL
from local.servers.packages import Recipe, prefix, say
from local.servers.postgres import recipe
from local.servers.rabbitmq import RECIPE as RABBITMQ

FOLDER = ROOT / ".cache" / "servers"


@dataclass(frozen=True, slots=True)
class Choice:
    """What a name on the command line stands for."""

    recipe: Recipe
    run: Callable[[Path, Authority], AbstractContextManager[Server]]


CHOICES: Mapping[str, Choice] = {
    "postgres": Choice(recipe("17"), postgres),
    "postgres-15": Choice(recipe("15"), partial(postgres, version="15")),
    "postgres-18": Choice(recipe("18"), partial(postgres, version="18")),
    "mariadb": Choice(MARIADB, mariadb),
    "mysql": Choice(MYSQL, mysql),
    "rabbitmq": Choice(RABBITMQ, rabbitmq),
}
DEFAULT = ("postgres", "mariadb", "mysql")


def main() -> None:
    """Fetch or run what the command line names; a SIGTERM ends it as orderly as Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m local.servers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(CHOICES))
    parser.add_argument("--only-fetch", action="store_true", help="unpack them and run nothing")
    given = parser.parse_args()
    names = list(dict.fromkeys(given.names)) or list(DEFAULT)
    if unknown := set(names) - set(CHOICES):
        parser.error(f"no server is called {', '.join(sorted(unknown))}; choose from {[*CHOICES]}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name in names:
            prefix(CHOICES[name].recipe)
        if not given.only_fetch:
            serve(names)
    except KeyboardInterrupt:
        say("stopped")


def serve(names: list[str]) -> None:
    """Run the servers until a signal; their passwords go to a file that only its owner reads."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = Authority(FOLDER)
    passwords = FOLDER / "passwords"
    with ExitStack() as stack:
        stack.callback(passwords.unlink, missing_ok=True)
        servers = {
            name: stack.enter_context(CHOICES[name].run(FOLDER, authority)) for name in names
        }
        lines = (f"{name} {server.password}\n" for name, server in servers.items())
        write_private(passwords, "".join(lines).encode())
        for name, server in servers.items():
            print(f"{name}: {server.host}:{server.port} {server.admin} ({server.version})")
        print(f"passwords: {passwords}\ncertificate authority: {authority.ca}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
