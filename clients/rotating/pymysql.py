"""PyMySQL: connections to MySQL and MariaDB that log in with what a secret has now.

    secret = rotating.Secret("orders/db")
    with rotating.pymysql.connect(secret, ssl_ca="rds.pem") as connection:
        connection.ping()

It takes PyMySQL's own arguments. They go before what the secret says, but for user and password.
Unless they say otherwise the server's certificate is verified, by `ssl_ca` or the system's
authorities, and so is its name. login: the arguments of a version, for fields of other names.
"""

from typing import Any

from pymysql.connections import Connection

from rotating.login import Login, mysql, place
from rotating.secret import LOGINS_AT_ONCE, Secret


def connect(
    secret: Secret,
    *,
    login: Login | None = None,
    **kwargs: Any,  # noqa: ANN401 - PyMySQL's own
) -> "Connection[Any]":  # generic for those that check types only
    """pymysql.connect, with what works now; raises as it does, and MalformedSecret."""
    return secret.attempt(
        lambda version: Connection(**mysql(version, kwargs, login)),
        at_once=LOGINS_AT_ONCE,
        target=place(kwargs),
    )
