"""Odyssey's words (sources/frontend.c, sources/auth.c)."""

from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
)
from shared.translation import NoAnswer

ODYSSEY = {
    r"incorrect (password|user)$": ErrorRow(
        Rejected, "the pooler (Odyssey), not the server, rejected the password",
        "let the pooler ask the server (auth_query) instead of a password in its own rules, or "
        "let 'host' name the server itself", "password",
    ),
    r"route for .* is not found": ErrorRow(
        Misconfigured, "the pooler (Odyssey) has no route for this user and database",
        "add a rule for them, or correct 'dbname'", "dbname",
    ),
    r"too many (client )?tcp connections|too many active clients": ErrorRow(
        Busy, "the pooler (Odyssey) has no connection free",
        f"{NEXT_ATTEMPT}; raise client_max or pool_size if it lasts",
    ),
    r"host based authentication rejected": ErrorRow(
        Forbidden, "the pooler's own rules (hba_file) do not let this user in",
        "add a line for the function's address",
    ),
    r"failed to (get remote server connection|connect to remote server|make auth query)|"
    r"remote server read/write error|client routing failed|repl\w+ lag": ErrorRow(
        NoAnswer, "the pooler (Odyssey) answered, and has no connection to the server",
        f"{NEXT_ATTEMPT}; see the pooler's log if it lasts",
    ),
}  # fmt: skip
