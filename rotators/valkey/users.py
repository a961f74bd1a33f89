"""Users as one node has them: the hashes of their passwords, and how these are exchanged."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from rotators.valkey.connection import NO_SUCH_PASSWORD
from rotators.valkey.node import Node, Refused, pairs
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    TargetMismatch,
)
from shared.secret import Secret

RIGHTS = "+acl|getuser +acl|setuser +acl|save"


def lacking(what: str, node: Node, username: str, rights: str = RIGHTS) -> ErrorRow:
    """That who is logged in has not the right to do this for the user: with all that are needed."""
    do = f"ACL SETUSER {node.username} {rights}"
    if node.username != username:
        return ErrorRow(Forbidden, what, do)
    by_admin = (
        "let an admin do it: set ADMIN_SETS_PASSWORD, and let 'masterarn' in the secret name the "
        "admin's; or, though these are rights over all users, "
    )
    return ErrorRow(Forbidden, what, by_admin + do, "masterarn")


def hashed(password: Secret) -> str:
    """As a server keeps a password, and takes it: SHA-256, in hexadecimal digits."""
    return hashlib.sha256(password.reveal().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class User:
    """What ACL GETUSER shows; hashes: those of the passwords, the oldest first."""

    flags: frozenset[str]
    hashes: Sequence[str]

    @property
    def takes_any_password(self) -> bool:
        """Whether it is let in with whatever password."""
        return "nopass" in self.flags

    def lets_in(self, password: Secret) -> bool:
        """Whether it would be let in with this one."""
        return "on" in self.flags and (self.takes_any_password or hashed(password) in self.hashes)


def read_user(node: Node, username: str) -> User | None:
    """None where the node has no such user; raises Forbidden."""
    missing = lacking("the user may not look at users", node, username)
    told = pairs(node.run("ACL", "GETUSER", username, missing=missing))
    if not told:
        return None
    return User(frozenset(_texts(told.get("flags"))), _texts(told.get("passwords")))


def rotated_user(node: Node, username: str) -> User:
    """Raises TargetMismatch where there is none; Misconfigured where it takes any password."""
    user = read_user(node, username)
    if user is None:
        raise TargetMismatch(
            f"valkey user {username!r} at {node.place}: there is no such user",
            do="make the user there, with its rights and the password in AWSCURRENT",
            field="username",
        )
    if user.takes_any_password:
        raise Misconfigured(
            f"valkey user {username!r} at {node.place}: the user is let in with any password "
            "(nopass)",
            do=f"ACL SETUSER {username} resetpass #<the SHA-256 of the password in AWSCURRENT>",
            field="username",
        )
    return user


def check_changes_users(node: Node, username: str) -> None:
    """Raise Forbidden where who is logged in may not change this user.

    Asked by a change of nothing, which takes the same right, once the user is seen: it would make
    one that is not there. Raises TargetMismatch and Misconfigured as `rotated_user`.
    """
    rotated_user(node, username)
    node.run("ACL", "SETUSER", username, missing=_may_not_change(node, username))


def exchange(node: Node, username: str, *, holds: Secret, keep: Sequence[Secret]) -> None:
    """Let these passwords be accepted and no others, where the user still has the one it `holds`.

    All of it is one command, which is done at once or not at all. The last of `keep` is the new
    one: where another copy of this step was faster, the user has that already.
    Raises Forbidden; Busy where another has changed the password; TargetMismatch and Misconfigured
    as `rotated_user`.
    """
    rules = [f"!{hashed(holds)}", "resetpass", *(f"#{hashed(each)}" for each in keep)]
    answer = node.run_expecting(
        *("ACL", "SETUSER", username, *rules),
        errors=frozenset({NO_SUCH_PASSWORD}),
        missing=_may_not_change(node, username),
    )
    if isinstance(answer, Refused) and hashed(keep[-1]) not in rotated_user(node, username).hashes:
        raise Busy(
            f"valkey user {username!r} at {node.place}: another session changed its password",
            do=NEXT_ATTEMPT,
        )


def give(node: Node, username: str, password: Secret) -> None:
    """Let a user that is there be accepted with this password and no other, whatever it had."""
    rules = ("resetpass", f"#{hashed(password)}")
    node.run("ACL", "SETUSER", username, *rules, missing=_may_not_change(node, username))


def _may_not_change(node: Node, username: str) -> ErrorRow:
    return lacking("the user may not change users", node, username)


def _texts(reply: object) -> list[str]:
    return [each for each in reply if isinstance(each, str)] if isinstance(reply, list) else []
