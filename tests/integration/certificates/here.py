"""Hosts of any name at this machine, for the functions' drivers."""

import socket
from typing import Any

import pytest

from rotators.postgres import certificate, connection
from tests.integration.certificates.presenters import HOST


def every_host_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a driver looks up; libpq, which looks names up itself, is told the address."""
    look_up = socket.getaddrinfo

    def here(_host: object, *args: Any, **more: Any) -> object:  # noqa: ANN401 - as the function's own
        return look_up(HOST, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", here)
    as_address = certificate.as_address
    monkeypatch.setattr(connection, "as_address", lambda host: (as_address(host)[0], HOST))
