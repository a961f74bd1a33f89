"""How a MariaDB account logs in: the entries of its list of authentications."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from rotators.mysql.plugins.stored import NATIVE, PARSEC, STORED
from rotators.mysql.rights.tokens import Token, split_at, to_sql, tokenize
from shared.secret import Secret

# What may follow the list of authentications in SHOW CREATE USER.
_FOLLOWING_CLAUSES = ("REQUIRE", "WITH", "ACCOUNT", "PASSWORD")


class Entry(NamedTuple):
    """One way to log in: `ed25519 USING '...'` has a plugin and what it stores of a password."""

    sql: str
    plugin: str
    stored: str

    @classmethod
    def parse(cls, tokens: Sequence[Token]) -> "Entry":
        """Return the entry in a list's part; what is stored is empty where nothing is."""
        values = [token.value for token in tokens if token.kind == "string"]
        return cls(to_sql(tokens), tokens[0].value, values[0] if values else "")

    def is_of(self, password: Secret) -> bool:
        """Whether this password is what it stores."""
        return self.plugin in STORED and STORED[self.plugin].matches(password, self.stored)


class Entries:
    """The entries of an account, in the server's order: `mysql_native_password`, `unix_socket`."""

    def __init__(self, created: str) -> None:
        """Read them from what SHOW CREATE USER answered; none where that is empty."""
        self.all = [Entry.parse(entry) for entry in _entries(tokenize(created)) if entry]

    def of_passwords(self) -> "Entries":
        """Return those alone that are passwords."""
        passwords = Entries("")
        passwords.all = self.passwords
        return passwords

    @property
    def passwords(self) -> list[Entry]:
        """Those that are passwords of a kind that is rotated."""
        return [entry for entry in self.all if entry.plugin in STORED and entry.stored]

    @property
    def take_two(self) -> bool:
        """Whether one after the other of two passwords is asked for."""
        return all(entry.plugin != PARSEC for entry in self.all)

    def accept(self, password: Secret) -> bool:
        """Whether one of them is this password."""
        return any(entry.is_of(password) for entry in self.all)

    def accept_only(self, *passwords: Secret) -> bool:
        """Whether each plugin's passwords are these, and no entry is another one."""
        return self.with_passwords(*passwords) == " OR ".join(entry.sql for entry in self.all)

    def with_passwords(self, *passwords: Secret) -> str:
        """Return all of them again as SQL, each plugin's passwords replaced by these.

        Also of a second plugin: a password that stayed in one would go on being accepted. Where
        there is none, mysql_native_password's come first.
        """
        parts: list[str] = []
        done: set[str] = set()
        if not self.passwords:
            parts = self._made(NATIVE, passwords)
            done = {NATIVE}
        for entry in self.all:
            if entry.plugin not in STORED:
                parts.append(entry.sql)
            elif entry.plugin not in done:
                parts += self._made(entry.plugin, passwords)
                done.add(entry.plugin)
        return " OR ".join(parts)

    def _made(self, plugin: str, passwords: Iterable[Secret]) -> list[str]:
        """Return an entry of the plugin for each password, the present one where there is one."""
        present = [entry for entry in self.all if entry.plugin == plugin]
        made = [
            next((entry.stored for entry in present if entry.is_of(password)), None)
            or STORED[plugin].make(password)
            for password in passwords
        ]
        return [f"{plugin} USING '{stored}'" for stored in dict.fromkeys(made)]


def _entries(created: Sequence[Token]) -> list[list[Token]]:
    """Read `CREATE USER ... IDENTIFIED BY PASSWORD '*...'` or `... VIA a USING '...' OR b`."""
    start = next((i for i, token in enumerate(created) if token.is_word("IDENTIFIED")), None)
    if start is None:
        return []
    if created[start + 1].is_word("BY"):
        return [tokenize(f"{NATIVE} USING {created[start + 3].text}")]
    rest = created[start + 2 :]
    end = next((i for i, token in enumerate(rest) if token.is_word(*_FOLLOWING_CLAUSES)), len(rest))
    return split_at(rest[:end], "OR")
