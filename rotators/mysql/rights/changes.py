"""The statements that give an account what another one has, and take what that one has not.

Only the differences, and first what is given: the account's clients go on working meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rotators.mysql.account import Account
from rotators.mysql.connection import AdminRight, verbatim
from rotators.mysql.rights.grants import (
    ALL,
    DEFAULTS,
    EVERYWHERE,
    GRANT_OPTION,
    Kind,
    Right,
    Rights,
)

_WITH_GRANT_OPTION = " WITH GRANT OPTION"
_WITH_ADMIN_OPTION = " WITH ADMIN OPTION"
_GRANT = "GRANT {} TO %s@%s{}"
_REVOKE = "REVOKE {} FROM %s@%s"


class RightsChange(NamedTuple):
    """One statement; its two values are the account's user and host.

    rights: what it gives, or takes.
    needed, option: what an admin who runs it must have been granted, as in AdminRight.
    """

    statement: str
    rights: Rights
    needed: str
    option: str = _WITH_GRANT_OPTION
    gives: bool = False

    def told(self, account: Account) -> str:
        """Return the statement about this account as a person runs it."""
        return self.statement.replace("%s@%s", str(account)).replace("%%", "%")

    def admin_right(self) -> AdminRight:
        """Return the right that an admin needs for the statement."""
        return AdminRight(self.needed, self.option)


def changes_between(have: Rights, want: Rights, *, mariadb: bool) -> Iterator[RightsChange]:
    """Yield what leads from `have` to `want`, account options excepted.

    One change may undo what another one does, so compare again afterwards.
    """
    missing, extra = want - have, have - want
    extra = frozenset(right for right in extra if not _is_implied(right, want))
    for kind, grant, _ in _KINDS:
        yield from grant(_of_kind(kind, missing))
    yield from _restrictions("GRANT", "TO", _outlasting(_of_kind(Kind.RESTRICTION, extra), want))
    for kind, _, revoke in _KINDS:
        yield from revoke(_of_kind(kind, extra))
    yield from _restrictions("REVOKE", "FROM", _of_kind(Kind.RESTRICTION, missing))
    # A role that was taken may have to come back first, without its admin option.
    if _of_kind(Kind.DEFAULT_ROLE, missing | extra) and not _of_kind(Kind.ROLE, extra):
        roles = _of_kind(Kind.DEFAULT_ROLE, want)
        named = verbatim(", ".join(sorted(right.on for right in roles)) or "NONE")
        preposition = "FOR" if mariadb else "TO"
        statement = f"SET DEFAULT ROLE {named} {preposition} %s@%s"
        needed = "UPDATE ON mysql.*" if mariadb else "CREATE USER ON *.*"
        yield RightsChange(statement, roles, needed, option="")


def told(account: Account, have: Rights, want: Rights, *, mariadb: bool) -> str:
    """Return the statements that lead the account from `have` to `want`, for a person."""
    return "; ".join(
        change.told(account) for change in changes_between(have, want, mariadb=mariadb)
    )


def alter_options(have: Rights, want: Rights) -> str:
    """Return what ALTER USER takes to give the wanted options, each clause after a space."""
    old, new = ({r.on: r.what for r in _of_kind(Kind.OPTION, rights)} for rights in (have, want))
    changed = {
        key: verbatim(f"{key} {new.get(key, default)}".strip())
        for key, default in DEFAULTS.items()
        if old.get(key) != new.get(key)
    }
    require = changed.pop("REQUIRE", "")
    limits = " ".join(changed.pop(key) for key in list(changed) if key.startswith("MAX_"))
    parts = (require, f"WITH {limits}" if limits else "", *changed.values())
    return "".join(f" {part}" for part in parts if part)


def rights_beyond(have: Rights, other: Rights) -> Rights:
    """Return what `other` allows and `have` does not; options, default roles and revokes aside."""
    aside = (Kind.OPTION, Kind.DEFAULT_ROLE, Kind.RESTRICTION)
    missing = (right for right in other - have if right.kind not in aside)
    return frozenset(
        right
        for right in missing
        if not (_is_implied(right, have) or _is_part_of_wider(right, have))
    )


def _is_part_of_wider(right: Right, among: Rights) -> bool:
    """Whether a privilege is also had on more: on a column's whole table, or on everything."""
    if right.kind is not Kind.PRIVILEGE:
        return False
    what, _, _ = right.what.partition(" (")
    wider = [right._replace(what=what)]
    if not _of_kind(Kind.RESTRICTION, among):  # which might take just this from everything
        wider.append(Right(Kind.PRIVILEGE, EVERYWHERE, what))
    return any(one in among or _is_implied(one, among) for one in wider if one != right)


def _is_implied(right: Right, among: Rights) -> bool:
    """Whether another right includes it: all privileges there, or the same with its option."""
    if right.kind is Kind.PRIVILEGE:
        everything = Right(Kind.PRIVILEGE, right.on, ALL)
        return right.what not in (GRANT_OPTION, ALL) and everything in among
    if right.kind in (Kind.DYNAMIC, Kind.PROXY):
        return right._replace(what=f"{right.what}{_WITH_GRANT_OPTION}".strip()) in among
    if right.kind is Kind.ROLE:
        return not right.what and right._replace(what=_WITH_ADMIN_OPTION.strip()) in among
    return False


def _outlasting(restrictions: Rights, want: Rights) -> Rights:
    """Leave out the restrictions that go with what they restrict, which is taken as well."""
    privileges = {right.what for right in _of_kind(Kind.PRIVILEGE, want) if right.on == EVERYWHERE}
    return frozenset(
        right for right in restrictions if right.what in privileges or ALL in privileges
    )


def _of_kind(kind: Kind, rights: Iterable[Right]) -> Rights:
    return frozenset(right for right in rights if right.kind is kind)


def _groups(
    rights: Rights, key: Callable[[Right], tuple[object, ...]]
) -> Iterator[tuple[Rights, list[str]]]:
    """Yield the rights that may stand in one statement, and the `what` of each."""
    for _, group in groupby(sorted(rights, key=lambda right: (repr(key(right)), right)), key=key):
        ordered = list(group)
        yield frozenset(ordered), [right.what for right in ordered]


def _object_key(right: Right) -> tuple[object, ...]:
    return right.on, "(" in right.what  # columns may be gone where the table is not


def _grant_privileges(rights: Rights) -> Iterator[RightsChange]:
    for group, whats in _groups(rights, _object_key):
        on, listed = next(iter(group)).on, [what for what in whats if what != GRANT_OPTION]
        given = f"{', '.join(listed or ['USAGE'])} ON {on}"
        suffix = _WITH_GRANT_OPTION if GRANT_OPTION in whats else ""
        yield RightsChange(_GRANT.format(verbatim(given), suffix), group, given, gives=True)


def _revoke_privileges(rights: Rights) -> Iterator[RightsChange]:
    for group, whats in _groups(rights, _object_key):
        on = next(iter(group)).on
        # ALL PRIVILEGES stands alone.
        for listed in [[ALL], [what for what in whats if what != ALL]] if ALL in whats else [whats]:
            if listed:
                taken = f"{', '.join(listed)} ON {on}"
                yield RightsChange(_REVOKE.format(verbatim(taken)), group, taken)


def _grant_dynamic(rights: Rights) -> Iterator[RightsChange]:
    for group, whats in _groups(rights, lambda right: (right.what.endswith(_WITH_GRANT_OPTION),)):
        names = ", ".join(what.removesuffix(_WITH_GRANT_OPTION) for what in whats)
        suffix = _WITH_GRANT_OPTION if whats[0].endswith(_WITH_GRANT_OPTION) else ""
        given = f"{names} ON *.*"
        yield RightsChange(_GRANT.format(given, suffix), group, given, gives=True)


def _revoke_dynamic(rights: Rights) -> Iterator[RightsChange]:
    if rights:
        taken = (
            ", ".join(sorted(right.what.removesuffix(_WITH_GRANT_OPTION) for right in rights))
            + " ON *.*"
        )
        yield RightsChange(_REVOKE.format(taken), rights, taken)


def _grant_roles(rights: Rights) -> Iterator[RightsChange]:
    for right in sorted(rights):
        option = f" {right.what}" if right.what else ""
        statement = _GRANT.format(verbatim(right.on), option)
        yield RightsChange(statement, frozenset({right}), right.on, _WITH_ADMIN_OPTION, gives=True)


def _revoke_roles(rights: Rights) -> Iterator[RightsChange]:
    for right in sorted(rights):
        yield RightsChange(
            _REVOKE.format(verbatim(right.on)), frozenset({right}), right.on, _WITH_ADMIN_OPTION
        )


def _grant_proxies(rights: Rights) -> Iterator[RightsChange]:
    for right in sorted(rights):
        option = f" {right.what}" if right.what else ""
        statement = _GRANT.format(verbatim(f"PROXY ON {right.on}"), option)
        yield RightsChange(statement, frozenset({right}), _PROXY_RIGHT, gives=True)


def _revoke_proxies(rights: Rights) -> Iterator[RightsChange]:
    for right in sorted(rights):
        statement = _REVOKE.format(verbatim(f"PROXY ON {right.on}"))
        yield RightsChange(statement, frozenset({right}), _PROXY_RIGHT)


def _restrictions(verb: str, preposition: str, rights: Rights) -> Iterator[RightsChange]:
    for group, whats in _groups(rights, lambda right: (right.on,)):
        listed, on = ", ".join(whats), next(iter(group)).on
        statement = verbatim(f"{verb} {listed} ON {on} {preposition} ") + "%s@%s"
        yield RightsChange(statement, group, f"{listed} ON *.*")


_PROXY_RIGHT = "PROXY ON ''@''"
_KINDS = (
    (Kind.PRIVILEGE, _grant_privileges, _revoke_privileges),
    (Kind.DYNAMIC, _grant_dynamic, _revoke_dynamic),
    (Kind.PROXY, _grant_proxies, _revoke_proxies),
    (Kind.ROLE, _grant_roles, _revoke_roles),
)
