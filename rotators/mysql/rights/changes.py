"""The statements that give an account what another one has, and take what that one has not.

By difference, giving first: the account's clients go on working meanwhile.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from rotators.mysql.connection import verbatim
from rotators.mysql.rights.grants import (
    ALL,
    DEFAULTS,
    EVERYWHERE,
    GRANT_OPTION,
    Kind,
    Right,
    Rights,
)

_WIDE, _ADMIN = " WITH GRANT OPTION", " WITH ADMIN OPTION"
_GRANT = "GRANT {} TO %s@%s{}"
_REVOKE = "REVOKE {} FROM %s@%s"


class Change(NamedTuple):
    """One statement; its two values are the account. `rights` is what it gives or takes.

    needed, option: what the administrator needs for it, as SQL.
    """

    statement: str
    rights: Rights
    needed: str
    option: str = _WIDE
    gives: bool = False

    def needs(self) -> str:
        """The same as what follows GRANT, with {} for the administrator's name."""
        return f"{self.needed} TO {{}}{self.option}"


def changes(have: Rights, want: Rights, *, mariadb: bool) -> Iterator[Change]:
    """From `have` to `want`, options excepted. What one of them does may undo another's."""
    missing, extra = want - have, have - want
    extra = frozenset(right for right in extra if not _widened(right, want))
    for kind, grant, _ in _KINDS:
        yield from grant(_of(kind, missing))
    yield from _restrictions("GRANT", "TO", _of(Kind.RESTRICTION, extra))
    for kind, _, revoke in _KINDS:
        yield from revoke(_of(kind, extra))
    yield from _restrictions("REVOKE", "FROM", _of(Kind.RESTRICTION, missing))
    # A role that was taken may have to come back first, without its admin option.
    if _of(Kind.DEFAULT_ROLE, missing | extra) and not _of(Kind.ROLE, extra):
        roles = _of(Kind.DEFAULT_ROLE, want)
        named = verbatim(", ".join(sorted(right.on for right in roles)) or "NONE")
        whose = "FOR" if mariadb else "TO"
        statement = f"SET DEFAULT ROLE {named} {whose} %s@%s"
        needed = "UPDATE ON mysql.*" if mariadb else "CREATE USER ON *.*"
        yield Change(statement, roles, needed, option="")


def options(have: Rights, want: Rights) -> str:
    """What ALTER USER takes to give the account these options, in the order of its grammar."""
    old, new = ({r.on: r.what for r in _of(Kind.OPTION, rights)} for rights in (have, want))
    changed = {
        key: verbatim(f"{key} {new.get(key, default)}".strip())
        for key, default in DEFAULTS.items()
        if old.get(key) != new.get(key)
    }
    require = changed.pop("REQUIRE", "")
    limits = " ".join(changed.pop(key) for key in list(changed) if key.startswith("MAX_"))
    parts = (require, f"WITH {limits}" if limits else "", *changed.values())
    return "".join(f" {part}" for part in parts if part)


def lacking(have: Rights, other: Rights) -> Rights:
    """What `other` allows and `have` does not; options, default roles and revokes aside."""
    aside = (Kind.OPTION, Kind.DEFAULT_ROLE, Kind.RESTRICTION)
    missing = (right for right in other - have if right.kind not in aside)
    return frozenset(
        right for right in missing if not (_widened(right, have) or _is_part(right, have))
    )


def _is_part(right: Right, among: Rights) -> bool:
    """Whether a privilege is also one on the whole: of a column's table, or on everything."""
    if right.kind is not Kind.PRIVILEGE:
        return False
    what, _, _ = right.what.partition(" (")
    wider = [right._replace(what=what)]
    if not _of(Kind.RESTRICTION, among):  # which might take just this from everything
        wider.append(Right(Kind.PRIVILEGE, EVERYWHERE, what))
    return any(each in among or _widened(each, among) for each in wider if each != right)


def _widened(right: Right, among: Rights) -> bool:
    """Whether another right holds this one: all privileges there, or the same with its option."""
    if right.kind is Kind.PRIVILEGE:
        everything = Right(Kind.PRIVILEGE, right.on, ALL)
        return right.what not in (GRANT_OPTION, ALL) and everything in among
    if right.kind in (Kind.DYNAMIC, Kind.ROLE, Kind.PROXY):
        return any(
            other != right and (other.kind, other.on) == (right.kind, right.on)
            and other.what in (right.what + _WIDE, f"{right.what}WITH ADMIN OPTION", _WIDE.strip())
            for other in among
        )  # fmt: skip
    return False


def _of(kind: Kind, rights: Iterable[Right]) -> Rights:
    return frozenset(right for right in rights if right.kind is kind)


def _groups(
    rights: Rights, by: Callable[[Right], tuple[object, ...]]
) -> Iterator[tuple[Rights, list[str]]]:
    """The rights that may stand in one statement, and what they are."""
    for _, group in groupby(sorted(rights, key=lambda each: (repr(by(each)), each)), key=by):
        those = list(group)
        yield frozenset(those), [right.what for right in those]


def _of_object(right: Right) -> tuple[object, ...]:
    return right.on, "(" in right.what  # columns may be gone where the table is not


def _grant_privileges(rights: Rights) -> Iterator[Change]:
    for group, whats in _groups(rights, _of_object):
        on, listed = next(iter(group)).on, [what for what in whats if what != GRANT_OPTION]
        given = f"{', '.join(listed or ['USAGE'])} ON {on}"
        wide = _WIDE if GRANT_OPTION in whats else ""
        yield Change(_GRANT.format(verbatim(given), wide), group, given, gives=True)


def _revoke_privileges(rights: Rights) -> Iterator[Change]:
    for group, whats in _groups(rights, _of_object):
        on = next(iter(group)).on
        # ALL PRIVILEGES stands alone.
        for listed in [[ALL], [w for w in whats if w != ALL]] if ALL in whats else [whats]:
            if listed:
                taken = f"{', '.join(listed)} ON {on}"
                yield Change(_REVOKE.format(verbatim(taken)), group, taken)


def _grant_dynamic(rights: Rights) -> Iterator[Change]:
    for group, whats in _groups(rights, lambda right: (right.what.endswith(_WIDE),)):
        names = ", ".join(what.removesuffix(_WIDE) for what in whats)
        wide = _WIDE if whats[0].endswith(_WIDE) else ""
        given = f"{names} ON *.*"
        yield Change(_GRANT.format(given, wide), group, given, gives=True)


def _revoke_dynamic(rights: Rights) -> Iterator[Change]:
    if rights:
        taken = ", ".join(sorted(right.what.removesuffix(_WIDE) for right in rights)) + " ON *.*"
        yield Change(_REVOKE.format(taken), rights, taken)


def _grant_roles(rights: Rights) -> Iterator[Change]:
    for right in sorted(rights):
        option = f" {right.what}" if right.what else ""
        statement = _GRANT.format(verbatim(right.on), option)
        yield Change(statement, frozenset({right}), right.on, _ADMIN, gives=True)


def _revoke_roles(rights: Rights) -> Iterator[Change]:
    for right in sorted(rights):
        yield Change(_REVOKE.format(verbatim(right.on)), frozenset({right}), right.on, _ADMIN)


def _grant_proxies(rights: Rights) -> Iterator[Change]:
    for right in sorted(rights):
        option = f" {right.what}" if right.what else ""
        statement = _GRANT.format(verbatim(f"PROXY ON {right.on}"), option)
        yield Change(statement, frozenset({right}), _PROXY_NEEDED, gives=True)


def _revoke_proxies(rights: Rights) -> Iterator[Change]:
    for right in sorted(rights):
        statement = _REVOKE.format(verbatim(f"PROXY ON {right.on}"))
        yield Change(statement, frozenset({right}), _PROXY_NEEDED)


def _restrictions(verb: str, whose: str, rights: Rights) -> Iterator[Change]:
    for group, whats in _groups(rights, lambda right: (right.on,)):
        listed, on = ", ".join(whats), next(iter(group)).on
        statement = verbatim(f"{verb} {listed} ON {on} {whose} ") + "%s@%s"
        yield Change(statement, group, f"{listed} ON *.*")


_PROXY_NEEDED = "PROXY ON ''@''"
_KINDS = (
    (Kind.PRIVILEGE, _grant_privileges, _revoke_privileges),
    (Kind.DYNAMIC, _grant_dynamic, _revoke_dynamic),
    (Kind.PROXY, _grant_proxies, _revoke_proxies),
    (Kind.ROLE, _grant_roles, _revoke_roles),
)
