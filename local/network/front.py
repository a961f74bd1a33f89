"""TLS in front of a plain port of loopback, as a load balancer has it: bytes pass unread."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from local.network.relay import BACKLOG, handing_on
from local.network.tls import HOST, server_context
from local.servers.certificates import Certificate


@contextmanager
def tls_front(certificate: Certificate, plain_port: int) -> Iterator[int]:
    """Forward a port of 127.0.0.1, which is yielded, to `plain_port` while the block runs."""
    listener = socket.create_server((HOST, 0), backlog=BACKLOG)
    port = int(listener.getsockname()[1])
    with handing_on(listener, plain_port, server_context(certificate)):
        yield port
