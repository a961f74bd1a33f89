"""PyMySQL's connection, with what PyMySQL lacks.

An error's SQLSTATE, whether it came in the greeting, before TLS, and a name to verify.
"""

from typing import Any

import pymysql
from pymysql.protocol import MysqlPacket

# Of an error packet: its mark and number, `#` where a SQLSTATE follows, and that.
# Source: MySQL's documentation of its protocol, ERR_Packet.
_MARKED, _START, _END = 3, 4, 9


class _Packet(MysqlPacket):  # type: ignore[misc,no-any-unimported,unused-ignore]  # no stubs
    def raise_for_error(self) -> None:
        """Raise PyMySQL's error of the packet, with its `sqlstate`, empty where there is none."""
        data: bytes = self.get_all_data()  # type: ignore[no-untyped-call]  # PyMySQL's
        try:
            super().raise_for_error()
        except pymysql.Error as error:
            marked = data[_MARKED:_START] == b"#"
            state = data[_START:_END].decode("ascii", "replace") if marked else ""
            vars(error)["sqlstate"] = state if state.isalnum() else ""
            raise


class DriverConnection(pymysql.connections.Connection):  # type: ignore[misc,type-arg,unused-ignore]
    """A connection whose errors have a `sqlstate`; the certificate is to have `tls_host`.

    Errors in the greeting, which anybody on the way could have written, are `in_clear`.
    """

    def __init__(self, *, tls_host: str, **options: Any) -> None:  # noqa: ANN401 - PyMySQL's own
        self._tls_host = tls_host
        super().__init__(**options)

    def _get_server_information(self) -> None:
        try:
            super()._get_server_information()  # type: ignore[misc,no-untyped-call,unused-ignore]
        except pymysql.Error as error:
            vars(error)["in_clear"] = True
            raise

    def _request_authentication(self) -> None:
        # PyMySQL verifies `host`, which it needs for nothing else once it is connected.
        connected, self.host = self.host, self._tls_host
        try:
            super()._request_authentication()  # type: ignore[misc,no-untyped-call,unused-ignore]
        finally:
            self.host = connected

    def _read_packet(self, packet_type: Any = _Packet) -> Any:  # noqa: ANN401 - PyMySQL's packets
        return super()._read_packet(packet_type)  # type: ignore[misc,no-untyped-call,unused-ignore]
