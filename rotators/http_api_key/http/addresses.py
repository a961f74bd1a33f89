"""Which addresses a call may go to: each name is looked up once, and all its addresses judged."""

import ipaddress
import socket
from typing import ClassVar

import urllib3
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.util.connection import create_connection

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
_COMPATIBLE = ipaddress.ip_network("::/96")  # RFC 4291, 2.5.5.1
# Amazon EC2's over IPv6; over IPv4 they are link-local.
_METADATA = ipaddress.ip_network("fd00:ec2::/32")


class AddressError(urllib3.exceptions.HTTPError):
    """The host is at an address that is not to be called."""


class _Guarded(HTTPSConnection):
    """Looks at the address before it connects, and connects to that very address."""

    private: ClassVar[bool] = False

    def _new_conn(self) -> socket.socket:
        failure: OSError | None = None
        for address in self._addresses():
            try:
                return create_connection(
                    (address, self.port or 443), self.timeout, socket_options=self.socket_options
                )
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise urllib3.exceptions.ConnectTimeoutError("connecting took too long") from failure
        raise urllib3.exceptions.NewConnectionError(self, "no address answers") from failure

    def _addresses(self) -> list[str]:
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise urllib3.exceptions.NewConnectionError(self, "the name has no address") from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if not all(may_be_called(address, private=self.private) for address in addresses):
            raise AddressError("an address that is not to be called")
        return addresses


class _GuardedPrivate(_Guarded):
    private = True


class PublicPool(HTTPSConnectionPool):
    """Connects to addresses of the internet only."""

    ConnectionCls = _Guarded


class PrivatePool(HTTPSConnectionPool):
    """Connects to addresses of private networks and of this machine, too."""

    ConnectionCls = _GuardedPrivate


def may_be_called(address: str, *, private: bool) -> bool:
    """Whether a function may call this address.

    private: whether it may call those that are not the internet's. Never the cloud's metadata.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        ip = ip.ipv4_mapped or ip.sixtofour or _embedded(ip) or ip
    if ip.is_link_local or ip.is_multicast or ip in _METADATA:
        return False
    return private or ip.is_global


def _embedded(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a NAT64 gateway would call, or that it is compatible with."""
    inside = ip in _NAT64 or ip in _COMPATIBLE
    return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF) if inside else None
