"""A user's host that is a replica of the one where its admin makes the changes."""

from dataclasses import replace

from shared.credentials import Login

# How long a replica may take to learn of a password that its primary was given.
REPLICA_SECONDS = 10.0


def is_elsewhere(admin: Login | None, user: Login) -> bool:
    """Whether an admin makes the changes at another host, of which the user's is a replica."""
    return admin is not None and admin.host != user.host


def at_writer(login: Login, admin: Login | None) -> Login:
    """The same login where the admin makes the changes, if that is another host."""
    if admin is None or not is_elsewhere(admin, login):
        return login
    return replace(login, host=admin.host, port=admin.port, tls_host=admin.tls_host)


def seconds_for(admin: Login | None, user: Login) -> float:
    """How long the user's host may take to learn of what the admin has changed."""
    return REPLICA_SECONDS if is_elsewhere(admin, user) else 0.0
