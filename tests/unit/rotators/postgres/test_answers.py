"""What servers, poolers and proxies say to a login, word by word: each told as what it is.

The texts are those of the programs' sources and manuals; PgBouncer's and PostgreSQL's own are met
on the real ones in tests/integration/postgres/.
"""

import psycopg
import pytest

from rotators.postgres.errors import translate
from shared.credentials import Login
from shared.errors import (
    Busy,
    Forbidden,
    LockedOut,
    Misconfigured,
    Rejected,
    RotationError,
    Unreachable,
    Untrusted,
)

CANARY = "canary"
REFUSED_POOLER = "the server refused the pooler's own login"
RDS = "RDS Proxy"
ANSWERS: list[tuple[str, type[RotationError], str]] = [
    ('password authentication failed for user "app"', Rejected, "the server rejected"),
    ("connection requires a valid client certificate", Forbidden, "client certificate"),
    ('certificate authentication failed for user "app"', Forbidden, "client certificate"),
    ("rejecting connection, user 'app' has been banned", LockedOut, "banned"),
    ('role "app" is locked', LockedOut, "banned"),
    ("The account has been locked.", LockedOut, "banned"),
    ('role "app" does not exist', Misconfigured, "no role of this name"),
    ('database "shop" is not currently accepting connections', Misconfigured, "nobody"),
    ("the database system is not yet accepting connections", Unreachable, "starting"),
    ("canceling authentication due to timeout", Unreachable, "before it was judged"),
    ("no such user: app", Rejected, "the pooler, not the server, knows no user"),
    ("no such user", Rejected, "the pooler, not the server, knows no user"),
    ("no such database: shop", Misconfigured, "the pooler, not the server, knows no database"),
    ("auth failed", Rejected, "the pooler, not the server"),
    ("SASL authentication failed", Rejected, "the pooler, not the server"),
    ("no more connections allowed (max_client_conn)", Busy, "the pooler, not the server"),
    ("query_wait_timeout", Busy, "the pooler, not the server"),
    ("pgbouncer cannot connect to server", Unreachable, "the pooler answered"),
    ("server login has been failing, try again later (server_login_retry)", Unreachable,
     "the pooler answered"),
    ("server login has been failing, cached error: connect failed (server_login_retry)",
     Unreachable, "the pooler answered"),
    (('server login has been failing, cached error: password authentication failed for user "app"'
     " (server_login_retry)"), Misconfigured, REFUSED_POOLER),
    ("server login failed: wrong password type", Misconfigured, REFUSED_POOLER),
    ('database "shop" is disabled', Unreachable, "paused or stopping"),
    ('database "shop" is paused', Unreachable, "paused or stopping"),
    ("the pooler is shut down now", Unreachable, "paused or stopping"),
    ("database is shutting down", Unreachable, "paused or stopping"),
    ("SSL required", Misconfigured, "without TLS"),
    ("TLS client certificate required", Forbidden, "client certificate"),
    ("transaction blocks not allowed in statement pooling mode", Misconfigured, "each statement"),
    ("login rejected", Forbidden, "auth_hba_file"),
    ("unsupported startup parameter: options", Misconfigured, "every client of libpq"),
    ("bouncer config error", Unreachable, "the pooler, not the server"),
    ('No pool configured for database: "shop", user: "app"', Misconfigured, "the pooler"),
    ("could not get connection from the pool", Busy, "the pooler"),
    ("The password that was provided for the role app is wrong.", Rejected, RDS),
    (("This RDS proxy has no credentials for the role app. Check the credentials for this role and"
     " try again."), Misconfigured, RDS),
    ("This RDS Proxy requires TLS connections", Misconfigured, RDS),
    ("IAM authentication is allowed only with SSL connections.", Forbidden, RDS),
    ("IAM is allowed only with SSL connections.", Forbidden, RDS),
    ("IAM authentication failed for user app. Check the IAM token for this user and try again.",
     Forbidden, RDS),
    (("The IAM authentication failed for the role app. Check the IAM token for this role and try"
     " again."), Forbidden, RDS),
    ("The IAM authentication failed because of too many competing requests.", Busy, RDS),
    ("RDS supports only IAM or MD5 authentication.", Misconfigured, RDS),
    ("RDS supports only IAM, MD5, or SCRAM authentication.", Misconfigured, RDS),
    ("Feature not supported: RDS Proxy currently doesn't support the option statement_timeout.",
     Misconfigured, RDS),
    ("The maximum number of client connections to the proxy exceeded 100.", Busy, RDS),
    ("Rate of connection to proxy exceeded 100.", Busy, RDS),
    ("Timed-out waiting to acquire database connection", Busy, RDS),
    ("Unknown error.", Unreachable, RDS),
    ('Request returned an error: database "shop" does not exist', Misconfigured, "no database"),
    ("Tenant or user not found", Misconfigured, "Supavisor"),
    ("(ENOTFOUND) tenant/user app not found", Misconfigured, "Supavisor"),
    ("Max client connections reached", Busy, "Supavisor"),
    (("MaxClientsInSessionMode: max clients reached - in Session mode max clients are limited to"
     " pool_size"), Busy, "Supavisor"),
    ("SSL connection is required", Misconfigured, "Supavisor"),
    ("Address not in tenant allow_list: {1, 2, 3, 4}", Forbidden, "Supavisor"),
    ("connection failure during authentication", Unreachable, "Supavisor"),
    ("odyssey: c00000001: route for 'shop.app' is not found", Misconfigured, "Odyssey"),
    ("odyssey: c00000001: incorrect password", Rejected, "Odyssey"),
    ("odyssey: c00000001: too many client tcp connections (global client_max)", Busy, "Odyssey"),
    ("odyssey: c00000001: failed to connect to remote server s00000001", Unreachable, "Odyssey"),
    ("odyssey: c00000001: host based authentication rejected", Forbidden, "hba_file"),
    ("Endpoint ID is not specified. Either please upgrade the postgres client library",
     Misconfigured, "Neon"),
    ("This IP address 1.2.3.4 is not allowed to connect to this endpoint.", Forbidden, "Neon"),
    ("Your account or project has exceeded the compute time quota.", Misconfigured, "Neon"),
    ("Couldn't connect to compute node", Unreachable, "Neon"),
    (f"{CANARY} of a kind that nobody knows", Unreachable, "the server answered"),
]  # fmt: skip


def login(username: str = "app", dbname: str = "shop") -> Login:
    document = {"host": "db", "username": username, "password": CANARY, "dbname": dbname}
    return Login.parse(document, default_port=5432)


def of_connecting(text: str, severity: str = "FATAL") -> psycopg.OperationalError:
    """As psycopg gives what libpq has of a server's answer."""
    return psycopg.OperationalError(
        f'connection failed: connection to server at "127.0.0.1", port 5432 failed: '
        f"{severity}:  {text}"
    )


@pytest.mark.parametrize(("text", "kind", "words"), ANSWERS)
def test_each_answer_is_of_its_own_kind(text: str, kind: type[RotationError], words: str) -> None:
    error = translate(of_connecting(text), login())
    assert error.code == kind.code
    assert words in error.what
    assert "security groups" not in error.do  # it answered, so it was reached
    assert CANARY not in str(error)


@pytest.mark.parametrize(("text", "kind", "words"), ANSWERS)
def test_the_severity_may_be_in_any_language(
    text: str, kind: type[RotationError], words: str
) -> None:
    error = translate(of_connecting(text, "ВАЖНО"), login())
    assert error.code == kind.code
    assert words in error.what


NAMES = [text for text, *_ in ANSWERS if '"' not in text] + ["timeout", "refused", "SSL error"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_never_taken_for_the_reason(name: str) -> None:
    for text, named in (
        (f'password authentication failed for user "{name}"', login(name)),
        (f'database "{name}" does not exist', login(dbname=name)),
        (f'permission denied for database "{name}"', login(dbname=name)),
    ):
        expected = translate(of_connecting(text.replace(name, "x")), login())
        error = translate(of_connecting(text), named)
        assert type(error) is type(expected)
        assert error.what.rpartition(": ")[2] == expected.what.rpartition(": ")[2]


@pytest.mark.parametrize("host", ["timeout.example.org", "refused.example.org"])
def test_nor_is_a_hosts(host: str) -> None:
    text = f'connection to server at "{host}" (10.0.0.1), port 5432 failed: FATAL:  what'
    assert "answered" in translate(psycopg.OperationalError(text), login()).what


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("server offered SCRAM-SHA-256-PLUS authentication over a non-SSL connection",
         Untrusted, "what is between ends it"),
        ("incorrect server signature", Untrusted, "did not prove"),
        ("received invalid response to SSL negotiation: H", Unreachable, "PostgreSQL's protocol"),
        ("expected authentication request from server, but received H", Unreachable,
         "PostgreSQL's protocol"),
        (f"{CANARY} of a kind that nobody knows", Unreachable, "not known here"),
    ],
)  # fmt: skip
def test_what_libpq_says_itself(text: str, kind: type[RotationError], words: str) -> None:
    at = 'connection to server at "db" (10.0.0.1), port 5432 failed: '
    error = translate(psycopg.OperationalError(at + text), login())
    assert error.code == kind.code
    assert words in error.what
    assert CANARY not in str(error)


def test_of_several_addresses_that_which_answered_counts() -> None:
    text = (
        "Multiple connection attempts failed. All failures were:\n"
        '- host: db, port: 5432, hostaddr: ::1: connection failed: connection to server at "::1", '
        "port 5432 failed: Connection refused\n"
        "- host: db, port: 5432, hostaddr: 127.0.0.1: connection failed: connection to server at "
        '"127.0.0.1", port 5432 failed: FATAL:  password authentication failed for user "app"'
    )
    assert type(translate(psycopg.OperationalError(text), login())) is Rejected
