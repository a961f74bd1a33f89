"""The words of Supavisor, Supabase's pooler (lib/supavisor/client_handler/error.ex)."""

from shared.errors import NEXT_ATTEMPT, Busy, ErrorRow, Forbidden, Misconfigured
from shared.translation import NoAnswer

SUPAVISOR = {
    r"Tenant or user not found|\(ENOTFOUND\)|Authentication error, reason: .*Invalid format|"
    r"\(E?NO_?TENANT": ErrorRow(
        Misconfigured, "the pooler (Supavisor) knows no such project or user",
        "add the project to the user's name (app.project) and compare the region in 'host', or "
        "let 'host' name the database itself", "username",
    ),
    r"Max client connections|MaxClientsInSessionMode|Max pools count|max clients reached|"
    r"Unable to check out|\(E(MAX|CHECKOUT)\w*\)": ErrorRow(
        Busy, "the pooler (Supavisor) has no connection free",
        f"{NEXT_ATTEMPT}; raise its pool size if it lasts",
    ),
    r"SSL connection is required": ErrorRow(
        Misconfigured, "the pooler (Supavisor) lets nobody in without TLS",
        "remove 'ssl' from the secret or set it to true", "ssl",
    ),
    r"Address not in tenant allow_list": ErrorRow(
        Forbidden, "the pooler (Supavisor) does not let the function's address in",
        "add it to the project's network restrictions",
    ),
    r"\(E?CIRCUIT_?BREAKER\w*\)|.*circuit breaker": ErrorRow(
        Busy, "the pooler (Supavisor) takes no login for now, after too many that failed",
        f"find out who tries wrong passwords; {NEXT_ATTEMPT}",
    ),
    r"connection failure during authentication|Failed to subscribe|DbHandler exited|"
    r"Authentication error, reason|Internal error \(": ErrorRow(
        NoAnswer, "the pooler (Supavisor) answered, and has no connection to the database",
        f"{NEXT_ATTEMPT}; see the pooler's log if it lasts",
    ),
}  # fmt: skip
