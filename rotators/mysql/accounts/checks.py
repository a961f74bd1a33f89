"""An admin's rights beforehand: what a rotation is going to need, looked at and not done."""

from collections.abc import Callable

from rotators.mysql.accounts.admin import AccountAdmin
from rotators.mysql.accounts.alternating import AlternatingAccounts
from rotators.mysql.connection import AdminRight, Connection
from rotators.mysql.errors import admin_lacks
from rotators.mysql.rights.changes import changes_between
from rotators.mysql.rights.held import HeldRights
from shared.errors import RotationError


def check_changes_accounts(admin: Connection, user: Connection) -> None:
    """Raise Forbidden where the admin may not change the account that the user logged in as."""
    held = HeldRights(admin)
    if held.lacks_to_change_accounts():
        raise _lacking(admin, user, AdminRight.to_change_accounts())
    if not admin.mariadb and HeldRights(user).is_system_user() and held.lacks_system_user():
        raise _lacking(admin, user, AdminRight("SYSTEM_USER ON *.*"))


def check_twin(
    admin: Connection, user: Connection, twin: str, proves_ownership: Callable[[], bool]
) -> None:
    """Raise where the admin may not give the twin what it needs: Forbidden, TargetMismatch."""
    accounts = AlternatingAccounts.load(user, twin, admin=admin, proves_ownership=proves_ownership)
    held = HeldRights(admin)
    for source, state in accounts.to_follow():
        if not (state and state.marks and source.marks) and held.lacks_to_mark():
            raise _lacking(admin, user, AccountAdmin(admin).right_to_mark())
        have = state.rights if state else frozenset()
        lacking = held.lacking_for(changes_between(have, source.rights, mariadb=admin.mariadb))
        if lacking is not None:
            raise _lacking(admin, user, lacking)


def _lacking(admin: Connection, user: Connection, right: AdminRight) -> RotationError:
    grant = right.grant_to(admin.effective_account)
    return admin_lacks(admin.login, str(user.account), None, grant)
