"""Amazon RDS Proxy's words, as the RDS User Guide lists them (Troubleshooting for RDS Proxy)."""

from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    Unreachable,
)

_DATABASE_ITSELF = "let 'host' name the database itself, not the proxy"

RDS_PROXY = {
    r"The password that was provided for the role .* is wrong": ErrorRow(
        Rejected, "RDS Proxy, not the server, rejected the password: it knows that of AWSCURRENT "
        "alone, of the secret that it reads for this user", _DATABASE_ITSELF, "host",
    ),
    r"This RDS [Pp]roxy has no credentials for": ErrorRow(
        Misconfigured, "RDS Proxy has no secret for this user",
        f"register one with the proxy, or {_DATABASE_ITSELF}", "username",
    ),
    r"This RDS [Pp]roxy requires TLS": ErrorRow(
        Misconfigured, "RDS Proxy lets nobody in without TLS",
        "remove 'ssl' from the secret or set it to true", "ssl",
    ),
    r"The IAM authentication failed because of too many|The maximum number of client connections|"
    r"Rate of connection to proxy exceeded": ErrorRow(
        Busy, "RDS Proxy takes no more connections for now",
        f"{NEXT_ATTEMPT}; see the proxy's quotas if it lasts",
    ),
    r"IAM (authentication )?is allowed only|(The )?IAM authentication failed": ErrorRow(
        Forbidden, "RDS Proxy wants an IAM token of this user, and this function has a password",
        f"disable IAM authentication in the proxy's entry for this user, or {_DATABASE_ITSELF}",
        "username",
    ),
    r"RDS supports only IAM": ErrorRow(
        Misconfigured, "RDS Proxy takes no password by the method that this function has",
        "set the proxy's ClientPasswordAuthType for this user to POSTGRES_SCRAM_SHA_256",
    ),
    r"Timed-out waiting to acquire database connection": ErrorRow(
        Busy, "RDS Proxy let the user in, and got no connection to the database in time",
        f"{NEXT_ATTEMPT}; if it lasts, see the proxy's targets, and whether the secret that it "
        "reads has the password which the database accepts",
    ),
    r"Feature not supported: RDS Proxy": ErrorRow(
        Misconfigured, "RDS Proxy lacks a feature that this function uses", _DATABASE_ITSELF,
        "host",
    ),
    r"Unknown error\.|Internal error\.": ErrorRow(
        Unreachable, "RDS Proxy answered that it does not know what is wrong",
        f"{NEXT_ATTEMPT}; see the proxy's log if it lasts",
    ),
}  # fmt: skip
