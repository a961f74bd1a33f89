"""PgBouncer's words (src/client.c, src/objects.c), which pgcat and others have taken over."""

from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    Unreachable,
)
from shared.translation import NoAnswer

_LOG = "look for the reason in the pooler's log"

PGBOUNCER = {
    r"SASL authentication failed|auth failed|PAM authentication failed|LDAP authentication failed":
        ErrorRow(
            Rejected, "the pooler, not the server, rejected the password",
            "let the pooler ask the server (auth_query) instead of a list of its own (auth_file), "
            "or let 'host' name the server itself", "password",
        ),
    # With auth_query too, where the server has no such user: a clone that is not made yet.
    r"no such user": ErrorRow(
        Rejected, "the pooler, not the server, knows no user of this name",
        "if the server has the user, let the pooler ask the server (auth_query), add the user to "
        "its auth_file, or let 'host' name the server itself", "username",
    ),
    r"no such database|No pool configured for database": ErrorRow(
        Misconfigured, "the pooler, not the server, knows no database of that name, or not for "
        "this user", "correct 'dbname', or add it to the pooler's databases", "dbname",
    ),
    r"no more connections allowed|query_wait_timeout|could not get connection from the pool|"
    r"max_db_connections|client_idle_timeout": ErrorRow(
        Busy, "the pooler, not the server, has no connection free",
        f"{NEXT_ATTEMPT}; if it lasts, its log says whether the pool is too small "
        "(max_client_conn, default_pool_size) or the server is down or refuses it",
    ),
    # The words after the colon are the server's, to the pooler's own login.
    r"server login (has been failing, cached error|failed): .*(authentication failed|wrong "
    r"password|pg_hba|certificate|Proxy)|cannot do (SCRAM|MD5) authentication|"
    r"SCRAM authentication failed": ErrorRow(
        Misconfigured, "the pooler let the user in, and the server refused the pooler's own login",
        "let the pooler know the password that the server accepts, or ask the server (auth_query)",
        "password",
    ),
    r"server login|pgbouncer cannot connect to server|"
    r"client_login_timeout|server DNS lookup failed|connect timeout|server conn crashed": ErrorRow(
        NoAnswer, "the pooler answered, and has no connection to the server",
        f"check that the server is up and that the pooler reaches it; {_LOG}",
    ),
    r"database .* is (disabled|paused)|(the )?(pooler|pgbouncer|database) is (disabled|paused|"
    r"shut|suspended)|.*shutting down": ErrorRow(
        NoAnswer, "the pooler, not the server, is paused or stopping",
        f"{NEXT_ATTEMPT}; RESUME or ENABLE the database in the pooler if it lasts",
    ),
    r"(TLS|SSL) (connection )?required": ErrorRow(
        Misconfigured, "the pooler, not the server, lets nobody in without TLS",
        "remove 'ssl' from the secret or set it to true", "ssl",
    ),
    r"TLS client certificate required": ErrorRow(
        Forbidden, "the pooler asks for a client certificate, which this function does not have",
        "let the pooler take this user's password (client_tls_sslmode, auth_type), or let 'host' "
        "name the server itself",
    ),
    r"login rejected|unix socket login rejected": ErrorRow(
        Forbidden, "the pooler's own rules (auth_hba_file) do not let this user in",
        "add a line for the function's address",
    ),
    r"transaction blocks not allowed": ErrorRow(
        Misconfigured, "the pooler gives each statement another session of the server",
        "set its pool_mode to session or transaction for this user or database, or let 'host' name "
        "the server itself", "host",
    ),
    r"unsupported startup parameter": ErrorRow(
        Misconfigured, "the pooler refuses a parameter that every client of libpq sends",
        "name it in the pooler's ignore_startup_parameters; its log says which it is",
    ),
    r"bouncer config error|bouncer resources exhaustion": ErrorRow(
        Unreachable, "the pooler, not the server, is in trouble", _LOG
    ),
}  # fmt: skip
