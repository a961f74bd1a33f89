"""PostgreSQL 11 to 18 with verified TLS and SCRAM only; data that no crash needs to keep."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.postgres.releases import Version, recipe
from local.servers.prefix import prefix
from local.servers.server import HOST, Server, fill_version, new_server, server_from_environment

# Plain TCP finds no line of pg_hba, so it is refused before a password is asked for.
ACCESS = "".join(f"hostssl {what} all {HOST}/32 scram-sha-256\n" for what in ("all", "replication"))
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "ssl": "on",
    "password_encryption": "scram-sha-256",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "jit": "off",
    "log_connections": "on",
    "log_disconnections": "off",
    "log_line_prefix": "%m [%p] %q%u@%d ",
}


@contextmanager
def postgres(
    folder: Path,
    authority: Authority,
    *,
    version: Version = "17",
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run PostgreSQL while the block runs, or yield the one that TEST_POSTGRES_DSN names.

    Its log is postgres-<version>.log in `folder`; `settings` go to postgresql.conf, after ours.
    """
    if given := server_from_environment("postgres", "TEST_POSTGRES_DSN", 5432, ask):
        yield given
        return
    log = folder / f"postgres-{version}.log"
    with home(log, authority) as place:
        server = new_server("postgres", authority, log, database="postgres", version=version)
        _initialise(version, place, server)
        configure(place, server, settings or {})
        with running(version, place, server) as running_server:
            yield running_server


@contextmanager
def running(version: Version, place: Home, server: Server) -> Iterator[Server]:
    """Run the server that has its data in its home while the block runs; now with its version."""
    with children.restartable(
        lambda: children.running(
            (programs(version) / "postgres", "-D", place.data),
            name=f"PostgreSQL {version}",
            log=place.log,
            ready=lambda: ask(server) is not None,
            stop_signal=signal.SIGINT,  # its "fast" shutdown: clients are cut off
            # A SIGKILL would leave its shared memory behind.
            **place.child(death_signal=signal.SIGQUIT),
        )
    ) as restart:
        yield replace(fill_version(server, ask), restart=restart)


def programs(version: Version) -> Path:
    """The folder of its programs."""
    return (prefix(recipe(version)) / recipe(version).server).parent


def login(server: Server) -> psycopg.Connection:
    """Log in as the administrator over verified TLS, in autocommit; within five seconds."""
    return psycopg.connect(
        host=server.host,
        port=server.port,
        user=server.admin,
        password=server.password,
        dbname=server.database,
        sslmode="verify-full",
        sslrootcert=str(server.ca),
        channel_binding="disable",  # libpq cannot, where the certificate is signed by Ed25519
        gssencmode="disable",
        connect_timeout=5,
        autocommit=True,
    )


def ask(server: Server) -> str | None:
    """The server's version, or None if it lets nobody in."""
    try:
        with login(server) as connection:
            row = connection.execute("SHOW server_version").fetchone()
            return str(row[0]).split()[0] if row else None  # "17.5 (Debian 17.5-1)"
    except psycopg.OperationalError:
        return None


def _initialise(version: Version, place: Home, server: Server) -> None:
    """Make the data directory: one administrator with a password, and nobody else."""
    password = place.write("password", server.password)
    who = ("--username", server.admin, "--pwfile", password, "--auth", "scram-sha-256")
    what = ("--encoding", "UTF8", "--locale", "C", "--no-sync")
    children.finish(
        (programs(version) / "initdb", "-D", place.data, *who, *what),
        log=place.log,
        name="initdb",
        **place.child(),
    )
    password.unlink()
    (place.data / "pg_hba.conf").write_text(ACCESS)


def configure(place: Home, server: Server, more: Mapping[str, str]) -> None:
    """Write the settings behind those that are there: the last of a name holds."""
    settings = {
        **SETTINGS,
        "port": str(server.port),
        "ssl_cert_file": str(place.certificate.cert),
        "ssl_key_file": str(place.certificate.key),
        **more,
    }
    with (place.data / "postgresql.conf").open("a") as file:
        for name, value in settings.items():
            quoted = value.replace("'", "''")
            file.write(f"{name} = '{quoted}'\n")
