"""Every way a rotation gets stuck, made for real on the local system, and what a person mends."""

from dataclasses import dataclass

from rotctl.healing.case import Case
from tests.rotctl.healing.lacking import (
    add_permission,
    admin_right,
    admin_wrong,
    allow,
    clone_dropped,
    deploy,
    endpoint_dead,
    function_gone,
    key_denied,
    loosen,
    not_invocable,
    right_revoked,
    run_sql,
    start_again,
    too_strict,
)
from tests.rotctl.healing.left import (
    WRONG,
    Make,
    Mend,
    by_admin,
    cancelled_at,
    changed_beside_an_admin,
    changed_by_hand,
    create_user,
    deleted,
    dropped_beside_an_admin,
    ended_beside_an_admin,
    killed_at,
    labelled_twice,
    let_in,
    moved_and_killed,
    off,
    overwritten,
    overwritten_late,
    poisoned,
    put_back,
    put_further_back,
    refused_twice,
    run_command,
    store_by_hand,
    unlabelled,
)


@dataclass(frozen=True, slots=True)
class Stuck:
    """One state: how it is made, the case it is, and what the line about it says.

    mend: what a person does as heal says, given what it said, where heal alone mends nothing.
    options: of heal.
    """

    make: Make
    case: Case
    says: str
    mend: Mend | None = None
    options: str = ""


STATES: dict[str, Stuck] = {
    "killed before there is a value": Stuck(
        killed_at("createSecret"), Case.INTERRUPTED, "stuck.* since"
    ),
    "killed before the server changed": Stuck(
        killed_at("setSecret"), Case.INTERRUPTED, "stuck.* since"
    ),
    "killed after the server changed": Stuck(
        killed_at("testSecret"), Case.PENDING_LIVE, "has the credential of AWSPENDING"
    ),
    "refused twice, and accepted now": Stuck(
        refused_twice, Case.PENDING_LIVE, "has the credential of AWSPENDING"
    ),
    "killed with two labels on a version": Stuck(
        labelled_twice, Case.PENDING_LIVE, "has the credential of AWSPENDING"
    ),
    "killed after the move": Stuck(moved_and_killed, Case.FINE, "never rotated"),
    "cancelled before there is a value": Stuck(
        cancelled_at("createSecret"), Case.CANCELLED, "rotation was switched off before it ended"
    ),
    "cancelled before the server changed": Stuck(
        cancelled_at("setSecret"), Case.CANCELLED, "rotation was switched off before it ended"
    ),
    "cancelled after the server changed": Stuck(
        cancelled_at("testSecret"), Case.PENDING_LIVE, "credential of AWSPENDING"
    ),
    "label removed": Stuck(unlabelled, Case.GIVEN_UP_LIVE, "has the credential of version"),
    "password changed by hand": Stuck(
        changed_by_hand, Case.LOCKED_OUT, "no stored credential is accepted", store_by_hand
    ),
    "password changed by hand beside an admin": Stuck(
        changed_beside_an_admin, Case.LOCKED_OUT, "rotctl heal .* --reset", options="--reset"
    ),
    "role ended beside an admin": Stuck(
        ended_beside_an_admin, Case.LOCKED_OUT, "VALID UNTIL of the role.* --reset", let_in
    ),
    "role dropped beside an admin": Stuck(
        dropped_beside_an_admin,
        *(Case.LOCKED_OUT, "create the user; then run", create_user, "--reset"),
    ),
    "version overwritten": Stuck(
        overwritten(lambda world, name: world.secret(name), password=WRONG),
        *(Case.LOCKED_OUT, "AWSPREVIOUS was not tried", run_command),
    ),
    "version overwritten beside an admin": Stuck(
        overwritten(by_admin, password=WRONG), Case.OLDER_LIVE, "has the credential of version"
    ),
    "version overwritten by what is none": Stuck(
        overwritten(lambda world, name: world.secret(name), host=None),
        *(Case.OLDER_LIVE, "has the credential of version"),
    ),
    "version overwritten by what is none, beside a live pending one": Stuck(
        overwritten_late, Case.OLDER_LIVE, "has the credential of version"
    ),
    "pending version at fault": Stuck(poisoned, Case.POISONED, "AWSPENDING is at fault"),
    "previous version pending again": Stuck(
        put_back, Case.POISONED, "at fault: it was in use before"
    ),
    "old version pending again": Stuck(
        put_further_back, Case.POISONED, "at fault: it was in use before"
    ),
    "deleted": Stuck(deleted, Case.DELETED, "is scheduled for deletion", run_command),
    "off": Stuck(off, Case.OFF, "rotation is switched off"),
    "admin's password wrong": Stuck(
        admin_wrong, Case.BLOCKED, "admin is broken: .*rejected", admin_right
    ),
    "right revoked": Stuck(right_revoked, Case.BLOCKED, "rights is broken: ", run_sql),
    "endpoint dead": Stuck(
        endpoint_dead, Case.BLOCKED, "endpoint is broken: .*no answer", start_again
    ),
    "poison password": Stuck(too_strict, Case.REFUSED, "password", loosen),
    "function gone": Stuck(function_gone, Case.GONE, "Removed is gone", deploy),
    "not invocable": Stuck(
        not_invocable, Case.UNINVOCABLE, "may not invoke PostgresSingleUser", add_permission
    ),
    "KMS denied": Stuck(key_denied, Case.BLOCKED, "key is broken: .*KMS key", allow),
    "clone dropped": Stuck(clone_dropped, Case.OLDER_LIVE, "has the credential of version"),
}
