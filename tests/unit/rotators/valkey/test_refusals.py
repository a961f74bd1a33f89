"""What a server's refusal becomes, by its code or by words that every version has."""

import pytest

from rotators.valkey.connection import ServerError
from rotators.valkey.errors import translate, translate_valkey_errors
from shared.errors import (
    Busy,
    Forbidden,
    Misconfigured,
    Rejected,
    RotationError,
    Unreachable,
)

WHERE = "user 'app' at db:6379"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("WRONGPASS invalid username-password pair or user is disabled.", Rejected),
        ("NOPERM User app has no permissions to run the 'acl|setuser' command", Forbidden),
        ("LOADING Valkey is loading the dataset in memory", Unreachable),
        ("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is 'no'.", Unreachable),
        ("READONLY You can't write against a read only replica.", Unreachable),
        ("CLUSTERDOWN The cluster is down", Unreachable),
        ("BUSY Redis is busy running a script.", Busy),
        ("OOM command not allowed when used memory > 'maxmemory'.", Busy),
        ("ERR max number of clients reached", Busy),
        ("DENIED Redis is running in protected mode because", Misconfigured),
        ("NOAUTH Authentication required.", Misconfigured),
        ("NOPROTO unsupported protocol version", Misconfigured),
        ("ERR unknown command 'ACL', with args beginning with: 'SETUSER'", Misconfigured),
        ("ERR unknown subcommand 'SETUSER'. Try ACL HELP.", Misconfigured),
        ("ERR This Valkey instance is not configured to use an ACL file.", Misconfigured),
        ("ERR The server is running without a config file", Misconfigured),
        ("ERR There was an error trying to save the ACLs.", Unreachable),
        ("ERR Rewriting config file: Permission denied", Unreachable),
        ("ERR something new", Misconfigured),
        ("", Misconfigured),
    ],
)
def test_a_refusal_has_its_kind(text: str, kind: type[RotationError]) -> None:
    error = translate(ServerError(text), WHERE, "app")
    assert type(error) is kind or isinstance(error, kind)
    assert str(error).startswith(f"valkey {WHERE}: ")
    assert "{user}" not in str(error)


def test_what_a_server_quotes_is_nowhere() -> None:
    """As one that is too old for HELLO answers to a login."""
    text = "ERR unknown command `HELLO`, with args beginning with: `2`, `AUTH`, `app`, `hunter2`"
    error = ServerError(text)
    assert "hunter2" not in f"{error!r} {error} {error.args} {vars(error)}"
    with pytest.raises(Misconfigured) as caught, translate_valkey_errors(WHERE, "app"):
        raise error
    assert "hunter2" not in f"{caught.value!r} {vars(caught.value)}"
    assert caught.value.__context__ is None
