"""What is answered when the server asks for a plugin at a login, in place of PyMySQL's answers.

MariaDB asks for one after the other of an account's plugins, while PyMySQL answers two at most.
"""

import re
import secrets
from collections.abc import Callable
from typing import Any, NoReturn

import pymysql
from pymysql import _auth  # PyMySQL's own, for the plugin that it has

from rotators.mysql.error_numbers import ErrorNumber
from rotators.mysql.error_table import BY_ERRNO
from rotators.mysql.errors import NO_TLS, PluginRefused, cleartext_plugin, unsupported_plugin
from rotators.mysql.plugins.curve import signature
from rotators.mysql.plugins.stored import PARSEC, parsec_seed

_SCRAMBLE = 32  # bytes, of the plugins with a signature
_PARSEC_SALT = re.compile(rb"\x01?P([\x00-\x03])(.{18})", re.DOTALL)
# What PyMySQL answers itself, which MySQL asks for once.
_DRIVERS_OWN = {"caching_sha2_password", "sha256_password"}
_ASK_FOR_CLEARTEXT = {"mysql_clear_password", "dialog"}


class PluginHandler:
    """Answers for one plugin, and for those that are asked for when that one was not enough."""

    def __init__(self, connection: Any, plugin: str, plugins: "Plugins") -> None:  # noqa: ANN401 - PyMySQL's
        self._connection = connection
        self._plugin = plugin
        self._plugins = plugins

    def authenticate(self, packet: Any) -> Any:  # noqa: ANN401 - PyMySQL's packets
        """Answer until the server is content; returns its last packet.

        Raises PyMySQL's error where it refuses, and PluginRefused.
        """
        plugin = self._plugin
        parsec_refused = False
        while True:
            try:
                packet = _ANSWERS[plugin](self._connection, packet.read_all())
            except pymysql.OperationalError:
                if not parsec_refused:
                    raise
                # MariaDB 11.8 asks for the next plugin, and then breaks the connection.
                raise PluginRefused(BY_ERRNO[ErrorNumber.ACCESS_DENIED_ERROR]) from None
            if not packet.is_auth_switch_request():
                return packet
            parsec_refused |= plugin == PARSEC
            packet.read_uint8()
            plugin = packet.read_string().decode("ascii", "replace")
            if plugin not in _ANSWERS:
                self._plugins.refuse(plugin)


class RefusingHandler:
    """Takes the place of a plugin that would send the password, or cannot."""

    def __init__(self, plugin: str, plugins: "Plugins") -> None:
        self._plugin = plugin
        self._plugins = plugins

    def authenticate(self, _packet: object) -> NoReturn:
        """Send nothing; raises PluginRefused."""
        self._plugins.refuse(self._plugin)


class Plugins:
    """PyMySQL's auth_plugin_map: what it is to call, by the plugin that the server asks for."""

    def __init__(self, *, tls: bool) -> None:
        self._refused = {plugin: cleartext_plugin(plugin) for plugin in _ASK_FOR_CLEARTEXT}
        if not tls:
            self._refused["sha256_password"] = NO_TLS

    def get(self, plugin: str | bytes) -> Callable[[Any], object] | None:
        """Return what makes the handler of a connection; None where PyMySQL answers itself."""
        name = plugin.decode("ascii", "replace") if isinstance(plugin, bytes) else plugin
        if name in _ANSWERS:
            return lambda connection: PluginHandler(connection, name, self)
        if not name or (name in _DRIVERS_OWN and name not in self._refused):
            return None
        return lambda _connection: RefusingHandler(name, self)

    def refuse(self, plugin: str) -> NoReturn:
        """Raise PluginRefused with what the server's asking for this plugin means."""
        raise PluginRefused(self._refused.get(plugin) or unsupported_plugin(plugin))


def _answer_native(connection: Any, scramble: bytes) -> Any:  # noqa: ANN401 - PyMySQL's own
    return _exchange(connection, _auth.scramble_native_password(connection.password, scramble))


def _answer_ed25519(connection: Any, scramble: bytes) -> Any:  # noqa: ANN401 - PyMySQL's own
    return _exchange(connection, signature(connection.password, scramble[:_SCRAMBLE]))


def _answer_parsec(connection: Any, scramble: bytes) -> Any:  # noqa: ANN401 - PyMySQL's own
    """Ask for the salt, and sign what both sides have drawn."""
    salted = _PARSEC_SALT.match(_exchange(connection, b"").read_all())
    if salted is None:
        raise PluginRefused(unsupported_plugin(PARSEC))
    seed = parsec_seed(connection.password, salted[2], salted[1][0])
    own = secrets.token_bytes(_SCRAMBLE)
    return _exchange(connection, own + signature(seed, scramble[:_SCRAMBLE] + own))


def _exchange(connection: Any, answer: bytes) -> Any:  # noqa: ANN401 - PyMySQL's own
    """Send the answer and return the server's next packet; raises its error."""
    connection.write_packet(answer)
    return connection._read_packet()  # noqa: SLF001 - PyMySQL gives its plugins no other way


_ANSWERS: dict[str, Callable[[Any, bytes], Any]] = {
    "mysql_native_password": _answer_native,
    "client_ed25519": _answer_ed25519,
    PARSEC: _answer_parsec,
}
