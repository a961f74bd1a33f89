"""What the errors of Valkey and Redis mean to a rotation; none of their text is passed on.

Sources: `shared.*err` in src/server.c and src/acl.c of Valkey 8.1 and Redis 7.0.
"""

import ssl
from collections.abc import Mapping
from contextlib import AbstractContextManager

from rotators.valkey.connection import (
    NO_ACL_FILE,
    NO_CONFIG_FILE,
    NO_SUCH_COMMAND,
    NO_SUCH_SUBCOMMAND,
    NOT_REWRITTEN,
    NOT_SAVED,
    TOO_MANY_CLIENTS,
    NotAnAnswer,
    ServerError,
)
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    Unreachable,
)
from shared.translation import ConnectionFaults, causes, translate_errors

FAULTS = ConnectionFaults.at("host", name="tls_host")
FIELD = "persistence"  # of the secret: how the server keeps its users over a restart

NO_VALKEY = ErrorRow(
    Unreachable, "what answers is neither Valkey nor Redis",
    "check 'host', the port, and what is on the way to it", "port",
)  # fmt: skip
SENTINEL = ErrorRow(
    Misconfigured, "what answers is a Sentinel, which has users of its own",
    "let 'host' and 'port' be those of the server that it watches", "port",
)  # fmt: skip
WITHOUT_ACL_FILE = ErrorRow(
    Misconfigured, "the server keeps its users in no aclfile, so a restart would bring the old "
    "password back; nothing was changed",
    "give the server an aclfile; or let 'persistence' in the secret be \"config\", for CONFIG "
    'REWRITE, or "none", where that is how it is to be', FIELD,
)  # fmt: skip
# From 1.3 on a client hears of it after its handshake: by then the server has proved who it is.
_WANTS_CERTIFICATE = ErrorRow(
    Misconfigured, "the server wants a certificate of its clients, and the function has none",
    "set tls-auth-clients to no or optional on the server", "host",
)  # fmt: skip
_LOADING = ErrorRow(
    Unreachable, "the server is loading its data", f"{NEXT_ATTEMPT}; if it lasts, see its log",
    "host",
)  # fmt: skip
_NO_SUCH = ErrorRow(
    Misconfigured, "the server does not know a command that the rotation needs",
    "use Valkey, or Redis 6 or newer; of ElastiCache and MemoryDB, let 'managed' in the secret "
    "name the service", "engine",
)  # fmt: skip
_ALERT = "CERTIFICATE_REQUIRED"

_BY_CODE: Mapping[str, ErrorRow] = {
    "WRONGPASS": ErrorRow(
        Rejected, "the server rejected the password, or the user is off, or there is none",
        "as an administrator, see ACL GETUSER {user}: its flags must have `on`", "password",
    ),
    "NOPERM": ErrorRow(
        Forbidden, "the user may not run a command that the rotation needs",
        "ACL SETUSER {user} +acl|getuser +acl|setuser +acl|save",
    ),
    "NOAUTH": ErrorRow(
        Misconfigured, "the server wants another login than by user and password",
        "see what is on the way to the server", "host",
    ),
    "NOPROTO": ErrorRow(
        Misconfigured, "the server does not speak RESP2", "see what is on the way to it", "host"
    ),
    "DENIED": ErrorRow(
        Misconfigured, "the server is in protected mode, and lets in nobody from elsewhere",
        "give its default user a password, or set protected-mode no", "host",
    ),
    "LOADING": _LOADING,
    "MASTERDOWN": ErrorRow(
        Unreachable, "the replica has lost its primary, and answers nobody meanwhile",
        f"{NEXT_ATTEMPT}; if it lasts, mend the replica's link, or set replica-serve-stale-data "
        "to yes", "host",
    ),
    "READONLY": ErrorRow(
        Unreachable, "the server only reads: what answers is a replica behind a proxy, or a "
        "failover is under way",
        f"{NEXT_ATTEMPT}; if it lasts, set 'host' to the server itself", "host",
    ),
    "CLUSTERDOWN": ErrorRow(
        Unreachable, "the cluster is down", f"{NEXT_ATTEMPT}; if it lasts, see CLUSTER INFO", "host"
    ),
    "BUSY": ErrorRow(
        Busy, "the server is busy running a script",
        f"{NEXT_ATTEMPT}; if it lasts, run SCRIPT KILL or FUNCTION KILL",
    ),
    "OOM": ErrorRow(
        Busy, "the server has no memory left", f"{NEXT_ATTEMPT}; if it lasts, raise maxmemory"
    ),
}  # fmt: skip
_BY_TEXT: Mapping[str, ErrorRow] = {
    TOO_MANY_CLIENTS: ErrorRow(
        Busy, "the server has as many clients as it takes",
        f"{NEXT_ATTEMPT}; if it lasts, raise maxclients",
    ),
    NO_SUCH_COMMAND: _NO_SUCH,
    NO_SUCH_SUBCOMMAND: _NO_SUCH,
    NO_ACL_FILE: WITHOUT_ACL_FILE,
    NO_CONFIG_FILE: ErrorRow(
        Misconfigured, "the server runs without a configuration file, so a restart would bring the "
        "old password back; nothing was changed",
        "give the server a configuration file or an aclfile; or let 'persistence' in the secret be "
        '"none", where that is how it is to be', FIELD,
    ),
    NOT_SAVED: ErrorRow(
        Unreachable, "the server cannot write its aclfile",
        "see its log, and let it write the aclfile's folder", FIELD,
    ),
    NOT_REWRITTEN: ErrorRow(
        Unreachable, "the server cannot write its configuration file",
        "see its log, and let it write that file and its folder", FIELD,
    ),
}  # fmt: skip
_UNKNOWN = ErrorRow(
    Misconfigured, "the server refused a command", "look its code up", "host"
)  # fmt: skip


def translate_valkey_errors(
    where: str, user: str, *, missing: ErrorRow | None = None
) -> AbstractContextManager[None]:
    """Raise the block's errors as ours.

    where: whose session it is, and at which node; user: its name, for commands that are told;
    missing: what it means that the user has not the right.
    """
    return translate_errors(
        ServerError,
        NotAnAnswer,
        OSError,
        by=lambda error: translate(error, where, user, missing=missing),
    )


def translate(
    error: Exception, where: str, user: str, *, missing: ErrorRow | None = None
) -> RotationError:
    """What it means, without its text."""
    code = ""
    if isinstance(error, ServerError):
        code = error.code
        row = _BY_TEXT.get(error.says) or _BY_CODE.get(code, _UNKNOWN)
        if code == "NOPERM" and missing is not None:
            row = missing
    elif isinstance(error, NotAnAnswer):
        row = NO_VALKEY
    elif _wants_certificate(error):
        row = _WANTS_CERTIFICATE
    else:
        row = FAULTS.row(error) or FAULTS.no_answer
    return row._replace(do=row.do.replace("{user}", user)).error(f"valkey {where}", code)


def _wants_certificate(error: Exception) -> bool:
    behind = (each for each in causes(error) if isinstance(each, ssl.SSLError))
    return any(_ALERT in (each.reason or "") for each in behind)
