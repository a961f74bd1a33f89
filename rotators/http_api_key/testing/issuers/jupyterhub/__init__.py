"""A real JupyterHub as an issuer of keys: its hub alone, without proxy, node or notebooks."""

import http.client
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

from local.network.front import tls_front
from local.network.tls import HOST
from local.processes import children
from local.servers.certificates import Authority
from rotators.http_api_key.testing.issuers.jupyterhub.hub import Hub

CONFIG = Path(__file__).with_name("config.py")
OWNER, OTHER_OWNER = "app", "other"
API = "/hub/api"


@contextmanager
def jupyterhub(directory: Path, authority: Authority) -> Iterator[Hub]:
    """Run JupyterHub behind TLS while the block runs; its database and log are in `directory`."""
    directory.mkdir(parents=True, exist_ok=True)
    port = children.free_port()
    admin, keeper = secrets.token_hex(32), secrets.token_hex(32)
    log = directory / "jupyterhub.log"
    certificate = authority.issue(f"jupyterhub-{port}")
    with (
        children.running(
            # -I: nothing that lies in its folder stands in for the package
            (sys.executable, "-I", "-m", "jupyterhub", "-f", CONFIG),
            name="JupyterHub",
            log=log,
            ready=lambda: _answers(port, admin),
            env={
                "PATH": os.defpath,
                "HOME": str(directory),
                "HUB_PORT": str(port),
                "HUB_OWNERS": f"{OWNER} {OTHER_OWNER}",
                # Not arguments: those are every user's to read.
                "HUB_ADMIN_KEY": admin,
                "HUB_KEEPER_KEY": keeper,
            },
            cwd=directory,
        ),
        tls_front(certificate, port) as tls_port,
    ):
        yield Hub(
            url=f"https://localhost:{tls_port}{API}",
            admin=admin,
            owner=OWNER,
            other_owner=OTHER_OWNER,
            ca=authority.ca,
            log=log,
            keeper=keeper,
        )


def _answers(port: int, admin: str) -> bool:
    """Tell whether it is this hub that answers: no other one knows the key."""
    headers = {"Authorization": f"Bearer {admin}"}
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with closing(connection), suppress(OSError, http.client.HTTPException):
        connection.request("GET", f"{API}/user", headers=headers)
        return connection.getresponse().status == HTTPStatus.OK
    return False
