"""Real servers that present any certificate, a weak one too, and the driver that judges each."""

import os
import socket
import ssl
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile
from threading import Thread
from unittest import mock

from cryptography import x509

from local.network.relay import handing_on
from local.servers import Server, mariadb, mysql, postgres
from local.servers.certificates import Authority, Certificate
from local.servers.mysql.family import login as mysql_login
from local.servers.postgres import login as postgres_login
from local.servers.server import ENVIRONMENT
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.errors import translate_issuer_errors
from rotators.http_api_key.http.network import Network, Rules
from rotators.http_api_key.http.words import FieldNames, IssuerErrors
from rotators.mysql.engine import MySQLEngine
from rotators.postgres.engine import PostgresEngine
from shared.credentials import Login
from shared.tls import ca_bundle

HOST = "127.0.0.1"
# PostgreSQL documentation, "Message Formats": SSLRequest.
SSL_REQUEST = bytes.fromhex("0000000804d2162f")
# Only so do they load a key or a digest that is too weak.
LENIENT = """openssl_conf = settings
[settings]
ssl_conf = parts
[parts]
system_default = lenient
[lenient]
CipherString = DEFAULT@SECLEVEL=0
"""


class Presenter(ABC):
    """A server; address: the secret's field that says where it is; name: that may name another."""

    address = "host"
    name: str | None = None

    @abstractmethod
    def present(self, certificate: Certificate) -> None:
        """Show this certificate from now on."""

    @abstractmethod
    def connect(self, host: str, bundle: Path | None) -> None:
        """Log in, or send a request, by the rotator's own means, which raise RotationErrors.

        bundle: what TLS_CA_BUNDLE names, if anything.
        """


class Database(Presenter):
    """A server that one logs in to; `connect` takes the secret's `tls_host` too."""

    name = "tls_host"

    @abstractmethod
    def connect(self, host: str, bundle: Path | None, *, tls_host: str | None = None) -> None: ...

    def __init__(self, server: Server) -> None:
        self.server = server

    def login(self, host: str, tls_host: str | None) -> Login:
        document = {
            "host": host,
            "tls_host": tls_host,
            "port": self.server.port,
            "username": self.server.admin,
            "password": self.server.password,
        }
        return Login.parse(document, default_port=1)

    @staticmethod
    def write(certificate: Certificate, cert: str, key: str) -> None:
        """Into the server's own files, which stay their owner's."""
        Path(cert).write_bytes(certificate.cert.read_bytes())
        Path(key).write_bytes(certificate.key.read_bytes())


class Postgres(Database):
    """A PostgreSQL server, and psycopg."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        super().__init__(server)
        self.admin = stack.enter_context(closing(postgres_login(server)))

    def present(self, certificate: Certificate) -> None:
        ((cert, key),) = self.admin.execute(
            "SELECT current_setting('ssl_cert_file'), current_setting('ssl_key_file')"
        ).fetchall()
        self.write(certificate, cert, key)
        self.admin.execute("SELECT pg_reload_conf()")
        wanted, *_ = x509.load_pem_x509_certificates(certificate.cert.read_bytes())
        end = time.monotonic() + 30
        while self._presented() != wanted:
            assert time.monotonic() < end

    def _presented(self) -> x509.Certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        with socket.create_connection((HOST, self.server.port), 10) as plain:
            plain.sendall(SSL_REQUEST)
            assert plain.recv(1) == b"S"
            with context.wrap_socket(plain) as inside:
                return x509.load_der_x509_certificate(inside.getpeercert(binary_form=True) or b"")

    def connect(self, host: str, bundle: Path | None, *, tls_host: str | None = None) -> None:
        engine = PostgresEngine.from_environment({"TLS_CA_BUNDLE": str(bundle or "")})
        with engine.connect(self.login(host, tls_host)) as session:
            session.ping()


class MySQL(Database):
    """A MySQL or MariaDB server, and PyMySQL."""

    def __init__(self, server: Server, stack: ExitStack) -> None:
        super().__init__(server)
        self.admin = stack.enter_context(closing(mysql_login(server)))

    def present(self, certificate: Certificate) -> None:
        with self.admin.cursor() as cursor:
            cursor.execute("SELECT @@ssl_cert, @@ssl_key, @@ssl_ca")
            ((cert, key, ca),) = cursor.fetchall()
            self.write(certificate, cert, key)
            if self.server.engine == "mariadb":
                cursor.execute("FLUSH SSL")
            else:
                # It presents what it can verify itself, and nothing else.
                known = sorted(certificate.cert.parent.rglob("*.pem"))
                Path(ca).write_bytes(b"".join(each.read_bytes() for each in known))
                cursor.execute("ALTER INSTANCE RELOAD TLS")

    def connect(self, host: str, bundle: Path | None, *, tls_host: str | None = None) -> None:
        engine = MySQLEngine.from_environment({"TLS_CA_BUNDLE": str(bundle or "")})
        with engine.connect(self.login(host, tls_host)) as session:
            session.ping()


class Issuer(Presenter):
    """An HTTPS server, and urllib3."""

    address = "issuer_url"

    def __init__(self, stack: ExitStack) -> None:
        self._front = stack.enter_context(ExitStack())
        self._plain_port = stack.enter_context(_plain_issuer())
        self.port = 0

    def present(self, certificate: Certificate) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT@SECLEVEL=0")
        context.load_cert_chain(certificate.cert, certificate.key)
        self._front.close()
        listener = socket.create_server((HOST, 0))
        self.port = listener.getsockname()[1]
        self._front.enter_context(handing_on(listener, self._plain_port, context))

    def connect(self, host: str, bundle: Path | None) -> None:
        environment = {"TLS_CA_BUNDLE": str(bundle or ""), "ALLOW_PRIVATE_ISSUERS": "true"}
        network = Network(ca_bundle(environment), Rules.from_environment(environment))
        place = f"[{host}]" if ":" in host else host
        url = f"https://{place}:{self.port}/"
        names = FieldNames(url=self.address, owner="owner", admin="admin", key="api_key")
        with translate_issuer_errors(IssuerErrors(url, "app", names)):
            answer = network.send(Call("GET", url, {}, None))
        assert answer.status == 204


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def _plain_issuer() -> Iterator[int]:
    with ThreadingHTTPServer((HOST, 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def presenters(folder: Path, authority: Authority) -> Iterator[dict[str, Presenter]]:
    """One of each kind, for as long as the block runs; none is a caller's own."""
    with ExitStack() as stack:
        settings = stack.enter_context(NamedTemporaryFile("w", prefix="lenient-", suffix=".cnf"))
        settings.write(LENIENT)
        settings.flush()
        Path(settings.name).chmod(0o644)  # the servers' account reads it
        with mock.patch.dict(ENVIRONMENT, OPENSSL_CONF=settings.name), mock.patch.dict(os.environ):
            for name in [name for name in os.environ if name.endswith("_DSN")]:
                del os.environ[name]
            yield {
                "PostgreSQL": Postgres(stack.enter_context(postgres(folder, authority)), stack),
                "MariaDB": MySQL(stack.enter_context(mariadb(folder, authority)), stack),
                "MySQL": MySQL(stack.enter_context(mysql(folder, authority)), stack),
                "issuer": Issuer(stack),
            }
