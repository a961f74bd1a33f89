"""`make bench-connections`: what a login to a database takes, by who vouches for the server.

Processor time and wall time of this process, the least of many logins by turns; a single authority
is 1.00. The authorities of RDS are those of one region, as its hosts get them, with the local
server's own beside them.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from rich.console import Console

from local.demo.table import table as empty
from local.servers import Server, mariadb, postgres
from local.servers.certificates import Authority
from local.targets.place import Start
from rotators.mysql.engine import MySQLEngine
from rotators.postgres.engine import PostgresEngine
from shared.credentials import Login
from shared.tls import RDS_AUTHORITIES, DatabaseAuthorities, ca_bundle

HOST_OF_RDS = "any.any.us-east-1.rds.amazonaws.com"
ENGINES: tuple[tuple[Start[Server], type[PostgresEngine | MySQLEngine]], ...] = (
    (postgres, PostgresEngine),
    (mariadb, MySQLEngine),
)


class Figures(NamedTuple):
    """The least seconds of a login to this engine with these authorities."""

    engine: str
    authorities: str
    processor: float
    wall: float


def main() -> None:
    """Print a line for each engine and choice of authorities."""
    parser = argparse.ArgumentParser(prog="make bench-connections", description=__doc__)
    parser.add_argument("--logins", type=int, default=40, help="of each, the least counts (40)")
    drawn = empty(("engine", "authorities"), ("processor ms", "ratio", "wall ms", "ratio"))
    alone = None
    for each in measure(parser.parse_args().logins):
        alone = each if alone is None or alone.engine != each.engine else alone
        drawn.add_row(
            *(each.engine, each.authorities),
            *(f"{each.processor * 1000:.1f}", f"{each.processor / alone.processor:.2f}"),
            *(f"{each.wall * 1000:.1f}", f"{each.wall / alone.wall:.2f}"),
        )
    Console(highlight=False).print(drawn)


def measure(logins: int) -> Iterator[Figures]:
    """Log in to each engine so often, by turns with each choice; the single authority is first."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rotation-")))
        folder.chmod(0o755)  # the servers run as another account
        authority = Authority(folder / "ca")
        choices = bundles(folder, authority)
        for start, engine in ENGINES:
            server = stack.enter_context(start(folder, authority))
            login = login_of(server)
            engines = {k: engine(DatabaseAuthorities(path)) for k, path in choices.items()}
            taken: dict[str, list[tuple[float, float]]] = {name: [] for name in choices}
            for _ in range(logins):
                for name, each in engines.items():
                    taken[name].append(log_in(each, login))
            for name, figures in taken.items():
                processor, wall = (min(each) for each in zip(*figures, strict=True))
                yield Figures(server.engine, name, processor, wall)


def bundles(folder: Path, authority: Authority) -> dict[str, Path]:
    """The choices; the last is what all hosts got before there was one by the host."""
    region, system = DatabaseAuthorities().file(HOST_OF_RDS), ca_bundle({})
    parts = {
        "RDS's of a region": (region,),
        "the system's": (system,),
        "the system's and all of RDS's": (system, RDS_AUTHORITIES),
    }
    made = {"a single one": authority.ca}
    for number, (name, files) in enumerate(parts.items()):
        made[name] = folder / f"{number}.pem"
        contents = (each.read_bytes() for each in (*files, authority.ca))
        made[name].write_bytes(b"\n".join(contents))
    return made


def login_of(server: Server) -> Login:
    """Its admin's."""
    document = {
        "host": server.host,
        "port": server.port,
        "username": server.admin,
        "password": server.password,
    }
    return Login.parse(document, default_port=server.port)


def log_in(engine: PostgresEngine | MySQLEngine, login: Login) -> tuple[float, float]:
    """Seconds of the processor, and of the wall's clock."""
    began, before = time.perf_counter(), used()
    with engine.connect(login) as session:
        session.ping()
    return used() - before, time.perf_counter() - began


def used() -> float:
    """The processor's seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
