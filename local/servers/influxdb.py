"""InfluxDB 1.6 with its users' passwords, over TLS.

Source: InfluxDB documentation, "Authentication and authorization" and "InfluxDB API reference".
"""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

import urllib3

from local.network import api
from local.network.api import Reply, UnexpectedAnswerError
from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.server import HOST, Server, fill_version, new_server

PROGRAM = "usr/bin/influxd"
RECIPE = DebianPackage(
    title="InfluxDB",
    suite="bookworm",
    package="influxdb",
    programs=PROGRAM,
    server=PROGRAM,
    needless=("curl", "python3"),
    version="version",
)
CONFIG = """\
reporting-disabled = true
bind-address = "{host}:{backup_port}"
[meta]
dir = "{data}/meta"
[data]
dir = "{data}/data"
wal-dir = "{data}/wal"
[monitor]
store-enabled = false
[http]
bind-address = "{host}:{port}"
auth-enabled = true
https-enabled = true
https-certificate = "{cert}"
https-private-key = "{key}"
"""


@contextmanager
def influxdb(folder: Path, authority: Authority) -> Iterator[Server]:
    """Run InfluxDB while the block runs; its log is influxdb.log in `folder`."""
    program = prefix(RECIPE) / PROGRAM
    log = folder / "influxdb.log"
    with home(log, authority) as place:
        server = new_server("influxdb", authority, log)
        config = place.write("influxdb.conf", _config(place, server))
        with children.running(
            (program, "-config", config),
            name="InfluxDB",
            log=log,
            ready=lambda: children.listening(server.port),
            **place.child(),
        ):
            # Nobody may do anything before there is an administrator.
            make = f"CREATE USER {name(server.admin)} WITH PASSWORD {text(server.password)}"
            query(server, None, f"{make} WITH ALL PRIVILEGES")
            yield fill_version(server, version_of)


def _config(place: Home, server: Server) -> str:
    return CONFIG.format(
        host=HOST,
        port=server.port,
        backup_port=children.free_port(),
        data=place.data,
        cert=place.certificate.cert,
        key=place.certificate.key,
    )


def query(server: Server, login: tuple[str, str] | None, statement: str) -> Reply:
    """Send one statement as a user, or as nobody."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if login is not None:
        headers["Authorization"] = f"Basic {b64encode(':'.join(login).encode()).decode()}"
    url = f"https://{server.host}:{server.port}/query"
    return api.ask("POST", url, server.ca, headers, urlencode({"q": statement}).encode())


def version_of(server: Server) -> str | None:
    """InfluxDB's version, or None if it does not let its administrator in."""
    try:
        reply = query(server, (server.admin, server.password), "SHOW DIAGNOSTICS")
    except (urllib3.exceptions.HTTPError, ValueError):
        return None
    if reply.status != HTTPStatus.OK:
        return None
    series = {each["name"]: each for each in reply.document["results"][0]["series"]}
    build = series["build"]
    return str(dict(zip(build["columns"], build["values"][0], strict=True))["Version"])


def make_user(server: Server, user: str, password: str) -> None:
    """Make a user without a right."""
    login = server.admin, server.password
    made = query(server, login, f"CREATE USER {name(user)} WITH PASSWORD {text(password)}")
    if made.document != {"results": [{"statement_id": 0}]}:
        raise UnexpectedAnswerError(f"InfluxDB answered HTTP {made.status} to a new user")


def lets_in(server: Server, user: str, password: str) -> bool:
    """Whether this is the user's password."""
    return query(server, (user, password), "SHOW DATABASES").status == HTTPStatus.OK


def name(value: str) -> str:
    """A name as InfluxQL writes it; JSON escapes the same two characters in the same way."""
    return json.dumps(value, ensure_ascii=False)


def text(value: str) -> str:
    """A text as InfluxQL writes it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
