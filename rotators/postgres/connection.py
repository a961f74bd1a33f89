"""Logging in by psycopg: connections whose every wait ends, with two kinds of transaction."""

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import psycopg
from psycopg import sql
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

from rotators.postgres.certificate import (
    as_address,
    is_matched_alike,
    refusal,
    shake_hands,
)
from rotators.postgres.sqlstates import is_concurrent_change
from rotators.postgres.transactions import (
    BEGIN_AS_ITSELF,
    BEGIN_TO_CHANGE,
    BEGIN_TO_READ,
    GO_ON_UNLOCKED,
    WAIT_FOR_TURN,
)
from shared.credentials import Login

T = TypeVar("T")
Connection = psycopg.Connection[tuple[object, ...]]
_OPEN = (TransactionStatus.INTRANS, TransactionStatus.INERROR)

# What psycopg logs may quote the server's text.
logging.getLogger("psycopg").setLevel(logging.CRITICAL)
# libpq would take a host, options or a service file from them; the secret says it all.
for _variable in [name for name in os.environ if name.startswith("PG")]:
    del os.environ[_variable]

APPLICATION = "secret-rotation"  # what the server's own views call a rotation's session
CONNECT_SECONDS = 5
STATEMENT_SECONDS = 10
LOCK_SECONDS = 5
_LIMITS = {"statement": f"{STATEMENT_SECONDS}s", "lock": f"{LOCK_SECONDS}s"}
# The server ends a statement by itself; this ends the wait for a server that has stopped.
ANSWER_SECONDS = 15

# libpq's words, which are always English (fe-auth.c, auth_method_description).
_ASKS_FOR_MD5 = "server requested a hashed password"

# What libpq says, always in English: that OpenSSL failed, mostly for the certificate, and not why;
# and that a certificate which is signed by Ed25519 or Ed448 has no digest to bind SCRAM to.
_TLS_FAILED = "SSL error: "
_UNBINDABLE = "could not find digest for NID UNDEF"


class BoundedConnection(Connection):
    """A connection whose every wait ends, also on a server that stopped or a dead network.

    is_by_md5: how it logged in, not by SCRAM; so the role's password is kept as an md5 hash.
    """

    is_by_md5: bool = False

    def wait(self, gen: PQGen[T], interval: float = 0.1, timeout: float | None = None) -> T:
        """Wait as psycopg does, for at most ANSWER_SECONDS; raises OperationalError then."""
        try:
            return super().wait(gen, interval, timeout or ANSWER_SECONDS)
        except psycopg.OperationalError as error:
            if error.sqlstate is None:  # no answer: a ROLLBACK would wait for one again
                self.pgconn.finish()
            raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Run the block in a transaction for reading, as the session's default role."""
        with self._transaction(BEGIN_TO_READ):
            yield

    def read(self, query: sql.Composed) -> list[tuple[object, ...]]:
        """Return the rows of one query in a transaction for reading, all by one message."""
        begin = BEGIN_TO_READ.format(**_LIMITS)
        try:
            cursor = self.execute(sql.SQL("{}; {}; COMMIT").format(begin, query))
            *_, rows, _ = [each.fetchall() if each.description else [] for each in cursor.results()]
        except psycopg.Error:
            self._roll_back()
            raise
        return rows

    @contextmanager
    def as_itself(self) -> Iterator[None]:
        """Run the block in a transaction as the role that logged in; a replica takes it too."""
        with self._transaction(BEGIN_AS_ITSELF):
            yield

    def change(self, username: str, work: Callable[[Connection], T], *, undone: bool = False) -> T:
        """Run `work` in a transaction that changes this user, as the role that logged in.

        Runs it a second time if another session changed the user first. Returns what `work` does.
        undone: the transaction is rolled back.
        """
        try:
            return self._change_once(username, work, undone=undone)
        except psycopg.Error as error:
            if not is_concurrent_change(error):
                raise
        # Not in the handler: psycopg's text would be behind each error.
        return self._change_once(username, work, undone=undone)

    def _change_once(self, username: str, work: Callable[[Connection], T], *, undone: bool) -> T:
        with self._transaction(BEGIN_TO_CHANGE, undone=undone):
            try:
                self.execute(WAIT_FOR_TURN.format(username))
            except psycopg.errors.LockNotAvailable:
                # Any role may hold it. Without it the changes themselves keep two copies apart.
                self.execute(GO_ON_UNLOCKED)
            return work(self)

    @contextmanager
    def _transaction(self, begin: sql.SQL, *, undone: bool = False) -> Iterator[None]:
        try:
            try:
                self.execute(begin.format(**_LIMITS))
            except psycopg.errors.FeatureNotSupported:  # all that a replica says to READ WRITE
                raise psycopg.errors.ReadOnlySqlTransaction from None
            yield
            self.execute("ROLLBACK" if undone else "COMMIT")
        except BaseException:
            self._roll_back()
            raise

    def _roll_back(self) -> None:
        if self.pgconn.transaction_status in _OPEN:
            with suppress(psycopg.Error):
                self.execute("ROLLBACK")


def log_in(login: Login, authorities: Path) -> BoundedConnection:
    """Return a connection over TLS to a server these authorities vouch for, unless TLS is off.

    By SCRAM; where the server asks for md5 instead, by that, within TLS only. That the first was
    not answered is no failed login.
    Raises psycopg.OperationalError, mostly with no SQLSTATE: the reason is in its text only, or,
    where the certificate is not trusted, the verifier's own error behind it.
    """
    if login.tls and not is_matched_alike(login.verified_host):
        try:
            shake_hands(login, authorities, seconds=CONNECT_SECONDS)
        except OSError as error:
            raise psycopg.OperationalError from error
    try:
        return _connect(login, authorities)
    except psycopg.OperationalError as error:
        text = str(error)
        if _TLS_FAILED in text:
            raise error from refusal(login, authorities, seconds=CONNECT_SECONDS)
        if not login.tls or not (_UNBINDABLE in text or _ASKS_FOR_MD5 in text):
            raise
    if _UNBINDABLE in text:
        # SCRAM then is as it is within any verified TLS, without this in addition.
        return _connect(login, authorities, channel_binding="disable")
    connection = _connect(login, authorities, require_auth="md5")
    connection.is_by_md5 = True
    return connection


def _place(login: Login) -> tuple[str, str | None]:
    """Libpq's `host`, which it verifies, and `hostaddr`, where it connects instead; one for one."""
    host, address = as_address(login.verified_host)
    if login.verified_host == login.host:
        return host, address
    try:
        found = socket.getaddrinfo(login.host, login.port, type=socket.SOCK_STREAM)
    except OSError:
        raise psycopg.OperationalError("failed to resolve host") from None
    addresses = list(dict.fromkeys(str(at[0]) for *_, at in found))
    return ",".join([host] * len(addresses)), ",".join(addresses)


def _connect(
    login: Login,
    authorities: Path,
    *,
    require_auth: str = "scram-sha-256",
    channel_binding: str = "prefer",
) -> BoundedConnection:
    host, address = _place(login)
    return BoundedConnection.connect(
        host=host,
        hostaddr=address,
        port=login.port,
        dbname=login.dbname or "postgres",
        user=login.username,
        password=login.password.reveal(),
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=CONNECT_SECONDS,
        client_encoding="utf8",
        application_name=APPLICATION,
        sslmode="verify-full" if login.tls else "disable",
        sslrootcert=str(authorities),
        gssencmode="disable",
        # A server that asks for the password itself, or for none, is not the one we know;
        # an md5 answer is nothing for a listener.
        require_auth=require_auth,
        channel_binding=channel_binding,
    )
