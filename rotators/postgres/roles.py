"""Two PostgreSQL roles that alternate: what shows that they do, and what the clone is to have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Setting = tuple[str | None, str]  # the database it is for, or None for all; the parameter
ROLE = "role"  # the parameter that says which role a session acts as
NO_ROLE = "none"  # its value for a session that acts as the role that logged in
GENERAL: Setting = (None, ROLE)
# Set to its original for a clone whose general setting cannot be that. It has no effect, since
# nobody logs in to that database, but only the clone and its admin can make it.
MARK: Setting = ("template0", ROLE)


class Membership(NamedTuple):
    """One grant of a role; the same role granted by two grantors is two of them."""

    role: str
    grantor: str
    admin: bool
    inherit: bool
    set: bool


@dataclass(frozen=True, slots=True)
class Role:
    """A role as the catalogs show it.

    attributes: by the column of pg_roles. owns_objects_in: the names of databases.
    """

    name: str
    oid: int
    attributes: Mapping[str, Any]
    memberships: tuple[Membership, ...]
    settings: Mapping[Setting, str]
    owns_objects_in: tuple[str, ...]

    def is_member_of(self, name: str) -> bool:
        """Return whether it is a direct member that has or can take on that role's rights.

        Not so a member that may only administer the role, as its creator may.
        """
        return any(m.role == name and (m.inherit or m.set) for m in self.memberships)

    def may_act_as(self, name: str) -> bool:
        """Return whether it may SET ROLE to that role, and so do all that the role may."""
        return any(m.role == name and m.set for m in self.memberships)


@dataclass(frozen=True, slots=True)
class RolePair:
    """An original and its clone; `defaults` are the settings that every role has by default.

    is_new: the clone was created in this transaction.
    """

    original: Role
    clone: Role
    defaults: Mapping[Setting, str]
    is_new: bool = False

    @property
    def names(self) -> tuple[str, str]:
        """Of the original and of its clone."""
        return self.original.name, self.clone.name

    def is_proven_to(self, logged_in: str) -> bool:
        """Return whether the server shows that who logs in as this one may change the other.

        A clone that may act as its original may do all that the original may. For an original, a
        membership proves nothing, as whoever controls the original can grant it to any role. What
        proves the clone to be one is a setting that only the clone or its admin can have made.
        """
        original = self.original.name
        if self.clone.name == logged_in:
            return self.clone.may_act_as(original)
        return self.clone.is_member_of(original) and self.clone_says_so

    @property
    def clone_says_so(self) -> bool:
        """Whether a setting that only the clone or its admin can have made names the original."""
        acts_as = [self.clone.settings.get(setting) for setting in (GENERAL, MARK)]
        return self.original.name in acts_as

    @property
    def has_general_role(self) -> bool:
        """Whether the clone has a general setting of the role that its sessions act as."""
        return GENERAL in self.clone.settings

    def wanted_settings(self) -> dict[Setting, str]:
        """Return all settings that the clone is to have, each with its value."""
        roles = {} if self._keeps_acting_as_itself() else self._roles_to_act_as()
        others = {key: value for key, value in self.original.settings.items() if key[1] != ROLE}
        return {**roles, **others, **self._mark(roles)}

    def _roles_to_act_as(self) -> dict[Setting, str]:
        """Return the settings by which the clone acts as its original does, in each database.

        An original that has no general setting acts by the defaults, or else as itself. The
        clone's general setting would override the defaults, so the clone has those as well.
        """
        roles = _only_roles(self.original.settings)
        if GENERAL not in roles:
            roles = {GENERAL: NO_ROLE, **_only_roles(self.defaults), **roles}
        return {
            setting: self.original.name if role == NO_ROLE else role
            for setting, role in roles.items()
        }

    def _keeps_acting_as_itself(self) -> bool:
        """Return whether the clone may not act as another role yet, since it owns objects.

        It made them before it was set to act as its original, and would lose their use. It acts as
        itself until they are reassigned, in a rotation that begins with the clone logged in.
        """
        return bool(self.clone.owns_objects_in) and not self.has_general_role

    def _mark(self, roles: Mapping[Setting, str]) -> dict[Setting, str]:
        """Return the mark of whose clone it is, where the general role does not show it."""
        original = self.original.name
        return {} if roles.get(GENERAL) == original else {MARK: original}


def _only_roles(settings: Mapping[Setting, str]) -> dict[Setting, str]:
    return {setting: role for setting, role in settings.items() if setting[1] == ROLE}
