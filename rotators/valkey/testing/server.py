"""Valkey 8.1 and Redis 7.0 of loopback, whose only port speaks TLS.

Sources: valkey.conf and redis.conf of Debian's packages.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, TypeAlias

import redis
from cryptography.x509.oid import ExtendedKeyUsageOID
from redis.backoff import NoBackoff
from redis.retry import Retry

from local.processes import children
from local.processes.children import free_port
from local.servers.certificates import Authority
from local.servers.certificates.form import Form
from local.servers.home import Home, home
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.server import HOST, Server, fill_version, new_server

Engine: TypeAlias = Literal["valkey", "redis"]
SUITES: Mapping[Engine, str] = {"valkey": "trixie", "redis": "bookworm"}
USERS = "users.acl"
CONFIG = "server.conf"
SETTINGS: Mapping[str, str] = {
    "port": "0",
    "bind": HOST,
    "tls-auth-clients": "no",
    "save": '""',
    "slowlog-log-slower-than": "0",  # every command, so that a test sees what is kept out of it
}
ANSWER_SECONDS = 30.0
CLIENT = Form(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))


def recipe(engine: Engine) -> DebianPackage:
    """Where Debian has it."""
    program = f"usr/bin/{engine}-server"
    return DebianPackage(
        title=engine.capitalize(),
        suite=SUITES[engine],
        package=f"{engine}-server",
        programs=f"usr/bin/{engine}-*",  # the server is a link to one of the others
        server=program,
    )


@contextmanager
def valkey(  # noqa: PLR0913 - each is one independent choice, all but two have a default
    folder: Path,
    authority: Authority,
    *,
    engine: Engine = "valkey",
    name: str = "",
    keeps_users_in: Literal["aclfile", "config"] = "aclfile",
    primary: Server | None = None,
    clustered: bool = False,
    beside: Server | None = None,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Server]:
    """Run a server while the block runs; its log in `folder` is <name>.log.

    name: that of the engine, where none is given. primary: whose replica it is. clustered: a node
    that may join others. beside: one of them; it has the administrator of either. settings: of its
    configuration, after ours.
    """
    log = folder / f"{name or engine}.log"
    program = prefix(recipe(engine)) / f"usr/bin/{engine}-server"
    with home(log, authority) as place:
        server = new_server(engine, authority, log)
        if known := primary or beside:
            server = replace(server, password=known.password)
        users = f"user default off\nuser {server.admin} on >{server.password} ~* &* +@all\n"
        options = {
            **SETTINGS,
            "tls-port": str(server.port),
            "tls-cert-file": str(place.certificate.cert),
            "tls-key-file": str(place.certificate.key),
            "tls-ca-cert-file": str(place.ca),
            "dir": str(place.data),
            "masteruser": server.admin,
            "masterauth": server.password,
            **(_replicates(primary) if primary else {}),
            **(_clustered(place, authority) if clustered else {}),
            **(settings or {}),
        }
        if keeps_users_in == "aclfile":
            (place.data / USERS).write_text(users)
            options["aclfile"], users = str(place.data / USERS), ""
        lines = "".join(f"{option} {value}\n" for option, value in options.items())
        (place.data / CONFIG).write_text(lines + users)
        place.own_data()
        with children.restartable(
            lambda: children.running(
                (program, place.data / CONFIG),
                name=engine.capitalize(),
                log=log,
                ready=lambda: version_of(server) is not None,
                **place.child(),
            )
        ) as restart:
            yield replace(fill_version(server, version_of), restart=restart)


def _replicates(primary: Server) -> Mapping[str, str]:
    return {
        "tls-replication": "yes",
        "replicaof": f"{primary.host} {primary.port}",
    }


def _clustered(place: Home, authority: Authority) -> Mapping[str, str]:
    """Nodes of a cluster log in to each other as clients do, with a certificate for that."""
    own = authority.issue("client", folder=place.folder, form=CLIENT)
    place.own(own.cert, own.key)
    return {
        "tls-replication": "yes",
        "tls-cluster": "yes",
        "cluster-enabled": "yes",
        "cluster-port": str(free_port()),
        "tls-client-cert-file": str(own.cert),
        "tls-client-key-file": str(own.key),
    }


@contextmanager
def with_replicas(folder: Path, authority: Authority) -> Iterator[Sequence[Server]]:
    """A primary and two replicas of it, in this order."""
    with (
        valkey(folder, authority, name="primary") as primary,
        valkey(folder, authority, name="replica-1", primary=primary) as one,
        valkey(folder, authority, name="replica-2", primary=primary) as other,
    ):
        yield primary, one, other


def client(server: Server, user: str, password: str, *, name: str = "a-client") -> redis.Redis:
    """A connection of redis-py's, which is the first thing that it is asked to make.

    It neither tries again nor pools: what it is refused with is what the server said.
    """
    return redis.Redis(
        host=server.host,
        port=server.port,
        username=user,
        password=password,
        ssl=True,
        ssl_ca_certs=str(server.ca),
        socket_timeout=ANSWER_SECONDS,
        retry=Retry(NoBackoff(), 0),
        single_connection_client=True,
        client_name=name,
        decode_responses=True,
        protocol=2,
    )


def version_of(server: Server) -> str | None:
    """The server's version, or None if it lets nobody in."""
    try:
        with client(server, server.admin, server.password) as admin:
            facts = admin.info("server")
    except redis.RedisError:
        return None
    return str(facts.get("valkey_version", facts["redis_version"]))
