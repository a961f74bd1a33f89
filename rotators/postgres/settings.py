"""The settings of a PostgreSQL role, made those of its original."""

import re
import string
from collections.abc import Iterator

from psycopg import sql

from rotators.postgres.changes import Change
from rotators.postgres.rights import admin_rights, parameter_rights
from rotators.postgres.roles import RolePair, Setting

# Lists of identifiers, which the server quotes one by one (pg_dump: variable_is_guc_list_quote).
_LIST_PARAMETERS = {
    "search_path",
    "temp_tablespaces",
    "local_preload_libraries",
    "session_preload_libraries",
}
_LIST_ITEM = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')
# As the server does with unquoted names in UTF-8: letters beyond ASCII stay as they are.
_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def setting_changes(pair: RolePair) -> Iterator[Change]:
    """Yield the changes that give the clone the settings which it is to have, and no others."""
    present, wanted = pair.clone.settings, pair.wanted_settings()
    for setting in present:
        if setting not in wanted:
            yield _setting_change(pair, setting, [])
    for setting, value in wanted.items():
        items = _list_items(setting, value)
        if setting not in present or items != _list_items(setting, present[setting]):
            yield _setting_change(pair, setting, items)


def _list_items(setting: Setting, value: str) -> list[str]:
    """Return the items of a parameter that is a list, without quotes; otherwise the one value."""
    if setting[1] not in _LIST_PARAMETERS:
        return [value]
    found = _LIST_ITEM.findall(value)
    return [
        bare.translate(_TO_LOWER) if bare else quoted.replace('""', '"') for quoted, bare in found
    ] or [""]


def _setting_change(pair: RolePair, setting: Setting, items: list[str]) -> Change:
    """Return the change that sets it to these items, or that resets it where there are none."""
    database, parameter = setting
    clone = pair.clone.name
    name = sql.Identifier(parameter)  # one with a dot in it too
    statement = sql.SQL("ALTER ROLE {}").format(sql.Identifier(clone))
    if database is not None:
        statement += sql.SQL(" IN DATABASE {}").format(sql.Identifier(database))
    if items:
        values = sql.SQL(", ").join(map(sql.Literal, items))
        statement += sql.SQL(" SET {} TO {}").format(name, values)
    else:
        statement += sql.SQL(" RESET {}").format(name)
    return Change(
        f"the setting {parameter!r} of {clone!r}",
        statement,
        lambda by: (*admin_rights(by, *pair.names), *parameter_rights(by, parameter)),
        if_invalid=f"correct the setting {parameter!r} of its original, or reset it",
    )
