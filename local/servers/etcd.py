"""etcd 3.4 with its users' passwords, over TLS.

Source: etcd documentation, "Role-based access control" and "Why gRPC gateway".
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import urllib3

from local.network import api
from local.network.api import Reply, UnexpectedAnswerError
from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.server import ENVIRONMENT, HOST, Server, fill_version, new_server

PROGRAM = "usr/bin/etcd"
RECIPE = DebianPackage(
    title="etcd", suite="bookworm", package="etcd-server", programs=PROGRAM, server=PROGRAM
)
ADMIN = "root"  # etcd knows no other one


@contextmanager
def etcd(folder: Path, authority: Authority) -> Iterator[Server]:
    """Run etcd while the block runs; its log is etcd.log in `folder`."""
    program = prefix(RECIPE) / PROGRAM
    log = folder / "etcd.log"
    with home(log, authority) as place:
        server = new_server("etcd", authority, log)
        with children.running(
            (program, *_options(place, server)),
            name="etcd",
            log=log,
            ready=lambda: version_of(server) is not None,
            **place.child(env=ENVIRONMENT),
        ):
            _ask_for_passwords(server)
            yield fill_version(server, version_of)


def _options(place: Home, server: Server) -> tuple[str | Path, ...]:
    here, peers = f"https://{HOST}:{server.port}", f"http://{HOST}:{children.free_port()}"
    return (
        *("--data-dir", place.data / "etcd", "--logger", "zap", "--log-level", "info"),
        *("--listen-client-urls", here, "--advertise-client-urls", here),
        *("--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers),
        *("--initial-cluster", f"default={peers}"),
        *("--cert-file", place.certificate.cert, "--key-file", place.certificate.key),
        *("--bcrypt-cost", "4"),
    )


def _ask_for_passwords(server: Server) -> None:
    for path, body in (
        ("/auth/user/add", {"name": ADMIN, "password": server.password}),
        ("/auth/role/add", {"name": ADMIN}),
        ("/auth/user/grant", {"user": ADMIN, "role": ADMIN}),
        ("/auth/enable", {}),
    ):
        _done(call(server, path, body))


def call(server: Server, path: str, body: Mapping[str, object], token: str | None = None) -> Reply:
    """Send one request, with the token of a login."""
    headers = {"Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = token
    url = f"https://{server.host}:{server.port}/v3{path}"
    return api.ask("POST", url, server.ca, headers, body)


def version_of(server: Server) -> str | None:
    """Etcd's version, or None if it does not answer."""
    url = f"https://{server.host}:{server.port}/version"
    try:
        return str(api.ask("GET", url, server.ca, {}).document["etcdserver"])
    except (urllib3.exceptions.HTTPError, ValueError):
        return None


def make_user(server: Server, user: str, password: str | None) -> None:
    """Make a user without a role; without a password it can only log in by certificate."""
    body = {"name": user, "password": password or "", "options": {"no_password": not password}}
    _done(call(server, "/auth/user/add", body, _token(server, ADMIN, server.password)))


def lets_in(server: Server, user: str, password: str) -> bool:
    """Whether this is the user's password."""
    return _token(server, user, password) is not None


def _token(server: Server, user: str, password: str) -> str | None:
    reply = call(server, "/auth/authenticate", {"name": user, "password": password})
    return str(reply.document["token"]) if reply.status == HTTPStatus.OK else None


def _done(reply: Reply) -> None:
    if reply.status != HTTPStatus.OK:
        raise UnexpectedAnswerError(f"etcd answered HTTP {reply.status} to a change")
