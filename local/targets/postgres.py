"""What gets rotated here: a user or a key on a real target, its secret, and the truth about it.

`accepts` asks the target itself, with a client of its own and not with the rotator's code.
"""

import json
import secrets
import ssl
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import psycopg
import pymysql
from psycopg import sql

from local.issuers.issuer import Issuer, accepts, issue
from local.servers.server import Server

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

Document = dict[str, object]
_ACCESS_DENIED = 1045


class Target(Protocol):
    """One credential on one target.

    function: the logical id of what rotates it; settings: what its environment has for this one;
    overlaps: whether AWSPREVIOUS still gets in.
    """

    function: ClassVar[str]
    overlaps: ClassVar[bool]
    settings: Mapping[str, str]
    title: str

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret for the credential as it is now; its ARN."""
        ...

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Whether the target lets this version of the secret in at this moment."""
        ...


class PostgresTarget:
    """A role of its own on a PostgreSQL server."""

    function: ClassVar[str] = "PostgresSingleUser"
    overlaps: ClassVar[bool] = False

    def __init__(
        self,
        server: Server,
        username: str = "app",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.server = server
        self.settings = settings
        self.title = f"PostgreSQL {server.version.split()[0]}"
        password = secrets.token_urlsafe(24)
        self.document = _login("postgres", server, username, password)
        with self.admin() as connection:
            role = sql.Identifier(username)
            verifier = connection.pgconn.encrypt_password(
                password.encode(), username.encode(), b"scram-sha-256"
            ).decode()
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(verifier))
            )

    def admin(self) -> psycopg.Connection[tuple[object, ...]]:
        """A connection as the server's administrator."""
        return self._connect(self.server.admin, self.server.password)

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret."""
        return _create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it."""
        try:
            self._connect(str(document["username"]), str(document["password"])).close()
        except psycopg.OperationalError as error:
            if "password authentication failed" not in str(error):
                raise
            return False
        return True

    def parameters(self, user: str, password: str) -> dict[str, Any]:
        """What psycopg needs to log in, over verified TLS."""
        return {
            "host": self.server.host,
            "port": self.server.port,
            "dbname": self.server.database,
            "user": user,
            "password": password,
            "sslmode": "verify-full",
            "sslrootcert": str(self.server.ca),
            "connect_timeout": 10,
        }

    def _connect(self, user: str, password: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(**self.parameters(user, password), autocommit=True)


class MySQLTarget:
    """An account of its own on a MySQL or MariaDB server."""

    function: ClassVar[str] = "MySqlSingleUser"
    overlaps: ClassVar[bool] = False

    def __init__(
        self,
        server: Server,
        username: str = "app",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.server = server
        self.settings = settings
        self.title = (
            f"{'MariaDB' if server.engine == 'mariadb' else 'MySQL'} {server.version.split('-')[0]}"
        )
        password = secrets.token_urlsafe(24)
        self.document = _login(server.engine, server, username, password)
        with self.admin() as connection, connection.cursor() as cursor:
            cursor.execute("DROP USER IF EXISTS %s@'%%'", (username,))
            cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (username, password))

    def admin(self) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        """A connection as the server's administrator."""
        return self._connect(self.server.admin, self.server.password)

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret."""
        return _create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Log in with it."""
        try:
            self._connect(str(document["username"]), str(document["password"])).close()
        except pymysql.OperationalError as error:
            if error.args[0] != _ACCESS_DENIED:
                raise
            return False
        return True

    def _connect(self, user: str, password: str) -> "pymysql.Connection[pymysql.cursors.Cursor]":
        return pymysql.connect(
            host=self.server.host,
            port=self.server.port,
            user=user,
            password=password,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=10,
            read_timeout=30,
            ssl=ssl.create_default_context(cafile=str(self.server.ca)),
        )


class IssuerTarget:
    """A key of the issuer's owner; its first key is made by hand, as a person would."""

    function: ClassVar[str] = "HttpApiKey"
    overlaps: ClassVar[bool] = True

    def __init__(self, issuer: Issuer, title: str = "HTTP API-key issuer") -> None:
        self.issuer = issuer
        self.settings: Mapping[str, str] = {}
        self.title = title
        key_id, key = issue(issuer, "made by hand")
        self.document: Document = {
            "issuer_url": issuer.url,
            "owner": issuer.owner,
            "key_id": key_id,
            "api_key": key,
        }

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the admin's secret and the secret that names it."""
        admin = _create(
            client, f"{name}-admin", {"issuer_url": self.issuer.url, "api_key": self.issuer.admin}
        )
        self.document["admin_secret_arn"] = admin
        return _create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Use the key."""
        return accepts(self.issuer, str(document["api_key"]))


def _login(engine: str, server: Server, username: str, password: str) -> Document:
    return {
        "engine": engine,
        "host": server.host,
        "port": server.port,
        "username": username,
        "password": password,
    }


def _create(client: "SecretsManagerClient", name: str, document: Document) -> str:
    return client.create_secret(Name=name, SecretString=json.dumps(document))["ARN"]
