"""The words of the proxies in front of hosted databases: Neon's (proxy/src/auth, console)."""

from shared.errors import NEXT_ATTEMPT, Busy, ErrorRow, Forbidden, Misconfigured
from shared.translation import NoAnswer

HOSTED = {
    r"Endpoint ID is not specified|The requested endpoint could not be found|"
    r"Inconsistent project name": ErrorRow(
        Misconfigured, "the proxy (Neon) knows no endpoint of this host's name",
        "let 'host' be the endpoint's whole name, and no alias of it", "host",
    ),
    r"Failed to acquire permit|Too many connections attempts|.*rate limit": ErrorRow(
        Busy, "the proxy (Neon) takes no more connections for now", NEXT_ATTEMPT
    ),
    r".*IP address .* is not allowed|.*not allowed to connect to this endpoint": ErrorRow(
        Forbidden, "the proxy (Neon) does not let the function's address in",
        "add it to the project's allowed addresses",
    ),
    r".*(exceeded the .*quota|endpoint is disabled)": ErrorRow(
        Misconfigured, "the proxy (Neon) has switched the database off",
        "see the project's quota and state",
    ),
    r"Couldn't connect to compute node|Control plane request failed|Console request failed":
        ErrorRow(
            NoAnswer, "the proxy (Neon) answered, and has no connection to the database",
            NEXT_ATTEMPT,
        ),
}  # fmt: skip
