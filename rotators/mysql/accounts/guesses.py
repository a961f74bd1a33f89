"""An admin's look at whether a server would refuse a login, before one is spent on it."""

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import show
from rotators.mysql.accounts.namesakes import read_namesake
from rotators.mysql.connection import Connection
from rotators.mysql.errors import needs_certificate
from shared.credentials import Login
from shared.errors import Forbidden
from shared.secret import Secret

# Of REQUIRE, where it wants a certificate of the client.
_ACCOUNTS = (
    "SELECT host, ssl_type IN ('X509', 'SPECIFIED') FROM mysql.user WHERE user = %s AND host <> ''"
)
# MariaDB's default is four billion; whoever sets it means few.
_FEW_ERRORS = 1000


def is_worth_trying(admin: Connection, login: Login) -> bool:
    """Whether the login may be tried, as far as shows.

    False where its password is of none of the user's accounts, or where the admin may not look and
    one more refusal may block the user. Raises Misconfigured where the account wants a certificate,
    as its refusals look like those of a wrong password.
    """
    try:
        accounts = _accounts_of(admin, login.username)
        matching = [each for each in accounts if _accepts(admin, each, login.password)]
    except Forbidden:
        return not _blocks_soon(admin)
    certified = [account for account in matching if accounts[account]]
    if certified and len(certified) == len(matching):
        raise needs_certificate(login, str(certified[0]))
    return bool(matching)


def _accounts_of(admin: Connection, user: str) -> dict[Account, bool]:
    """Return the accounts of the name, and whether each wants a certificate."""
    show(admin, "SELECT host FROM mysql.user LIMIT 1")  # raises Forbidden in words of ours
    rows = admin.run(_ACCOUNTS, user)
    return {Account(user, str(host)): certified == 1 for host, certified in rows}


def _accepts(admin: Connection, account: Account, password: Secret) -> bool:
    return read_namesake(admin, account).accepts(password)


def _blocks_soon(admin: Connection) -> bool:
    if not admin.mariadb:
        return False
    ((errors,),) = admin.run("SELECT @@max_password_errors")
    return int(str(errors)) < _FEW_ERRORS
