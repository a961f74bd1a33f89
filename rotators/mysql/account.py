"""An account of MySQL or MariaDB: a user name and the hosts that it may come from."""

from typing import NamedTuple


class Account(NamedTuple):
    """A user name and the host pattern it may come from: what MySQL gives rights to."""

    user: str
    host: str

    def __str__(self) -> str:
        """Return it as SQL, for a person."""
        parts = (part.replace("\\", "\\\\").replace("'", "''") for part in self)
        return "@".join(f"'{part}'" for part in parts)

    @classmethod
    def parse(cls, text: str) -> "Account":
        """Return the account that CURRENT_USER() names, as `user@host` without quotes."""
        user, _, host = text.rpartition("@")
        return cls(user, host)
