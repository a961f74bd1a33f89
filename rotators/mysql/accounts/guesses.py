"""An admin's look at whether a server would refuse a login, before one is spent on it."""

from rotators.mysql.account import Account
from rotators.mysql.accounts.catalog import show
from rotators.mysql.accounts.namesakes import read_namesake
from rotators.mysql.connection import Connection
from rotators.mysql.errors import wants_more
from shared.credentials import Login
from shared.errors import Forbidden
from shared.secret import Secret

# What else than a password lets them in: REQUIRE of a certificate, and more factors.
_CERTIFIED = "SELECT host, ssl_type IN ('X509', 'SPECIFIED'), {} FROM mysql.user WHERE user = %s"
_FACTORS = "JSON_CONTAINS_PATH(user_attributes, 'one', '$.multi_factor_authentication')"
_NOT_A_ROLE = " AND host <> ''"
# MariaDB's default is four billion; whoever sets it means few.
_FEW_ERRORS = 1000


def is_worth_trying(admin: Connection, login: Login, *, blindly: bool) -> bool:
    """Whether the login may be tried, as far as shows.

    False where its password is of none of the user's accounts, or where the admin may not look and
    one more refusal may block the user, or it is not to be tried `blindly`. Raises Misconfigured
    where the account wants more than a password, as its refusals look like those of a wrong one.
    """
    try:
        accounts = _accounts_of(admin, login.username)
        matching = [each for each in accounts if _accepts(admin, each, login.password)]
    except Forbidden:
        return blindly and not _blocks_soon(admin)
    wanting = [accounts[account] for account in matching]
    if wanting and all(wanting):
        raise wants_more(login, str(matching[0]), *wanting[0])
    return bool(matching)


def _accounts_of(admin: Connection, user: str) -> dict[Account, tuple[str, str] | tuple[()]]:
    """Return the accounts of the name, with what else each wants and the clause that ends it."""
    show(admin, "SELECT host FROM mysql.user LIMIT 1")  # raises Forbidden in words of ours
    factors = _FACTORS if admin.has_dual_passwords else "0"
    rows = admin.run(_CERTIFIED.format(factors) + _NOT_A_ROLE, user)
    return {
        Account(user, str(host)): _wants(certified=certified == 1, factors=more == 1)
        for host, certified, more in rows
    }


def _wants(*, certified: bool, factors: bool) -> tuple[str, str] | tuple[()]:
    if certified:
        return "a client certificate", "REQUIRE SSL"
    return ("a second factor", "DROP 2 FACTOR") if factors else ()


def _accepts(admin: Connection, account: Account, password: Secret) -> bool:
    return read_namesake(admin, account).accepts(password)


def _blocks_soon(admin: Connection) -> bool:
    if not admin.mariadb:
        return False
    ((errors,),) = admin.run("SELECT @@max_password_errors")
    return int(str(errors)) < _FEW_ERRORS
