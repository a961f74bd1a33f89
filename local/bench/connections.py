"""What a login to a database takes, by who vouches for the server; a single authority is 1.00.

Processor time of this process, the least of many logins by turns. The authorities of RDS are those
of one region, as its hosts get them, with the local server's own beside them.
"""

import resource
from collections.abc import Iterator
from pathlib import Path

from local.bench.running import Bench
from local.bench.table import Row
from local.servers import Server, mariadb, postgres
from local.servers.certificates import Authority
from local.targets.place import Start
from rotators.mysql.engine import MySQLEngine
from rotators.postgres.engine import PostgresEngine
from shared.credentials import Login
from shared.tls import RDS_AUTHORITIES, DatabaseAuthorities, ca_bundle

PART, WHAT = "login", "processor, ms"
ALONE = "a single authority"
HOST_OF_RDS = "any.any.us-east-1.rds.amazonaws.com"
ENGINES: tuple[tuple[str, Start[Server], type[PostgresEngine | MySQLEngine]], ...] = (
    ("psycopg", postgres, PostgresEngine),
    ("PyMySQL", mariadb, MySQLEngine),
)


def rows(bench: Bench) -> Iterator[Row]:
    """One for each driver and choice of authorities."""
    choices = bundles(bench.folder, bench.authority)
    for driver, start, engine in ENGINES:
        login = login_of(bench.place.running(start))
        engines = {k: engine(DatabaseAuthorities(path)) for k, path in choices.items()}
        taken: dict[str, list[float]] = {name: [] for name in choices}
        for _ in range(bench.counts.logins + 1):  # the first makes PyMySQL's context
            for name, connecting in engines.items():
                taken[name].append(log_in(connecting, login))
        alone = min(taken[ALONE]) * 1000
        for name, each in taken.items():
            if name != ALONE:
                yield Row(PART, f"{driver}, {name}", WHAT, min(each) * 1000, ALONE, alone)


def bundles(folder: Path, authority: Authority) -> dict[str, Path]:
    """The choices; the last is what all hosts got before there was one by the host."""
    region, system = DatabaseAuthorities().file(HOST_OF_RDS), ca_bundle({})
    parts = {
        "RDS's of a region": (region,),
        "the system's": (system,),
        "the system's and RDS's": (system, RDS_AUTHORITIES),
    }
    made = {ALONE: authority.ca}
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


def log_in(engine: PostgresEngine | MySQLEngine, login: Login) -> float:
    """The processor's seconds of one login and one query."""
    before = used()
    with engine.connect(login) as session:
        session.ping()
    return used() - before


def used() -> float:
    """The processor's seconds of this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
