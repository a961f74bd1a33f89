"""The password policy: AWS's settings by AWS's names, and passwords that keep to it."""

import math
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass

from shared.errors import Misconfigured
from shared.secret import Secret
from shared.settings import Settings

# The classes and the length limit are GetRandomPassword's (Secrets Manager API reference).
_CLASSES = {
    "EXCLUDE_LOWERCASE": string.ascii_lowercase,
    "EXCLUDE_UPPERCASE": string.ascii_uppercase,
    "EXCLUDE_NUMBERS": string.digits,
    "EXCLUDE_PUNCTUATION": string.punctuation,
}
MAX_LENGTH = 4096
# Below this, a stolen password hash is within reach of an offline search.
MIN_BITS = 80


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Which passwords are made: `length` characters drawn from `classes`."""

    length: int
    classes: tuple[str, ...]
    require_each_class: bool

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], *, exclude: str) -> "PasswordPolicy":
        """Raises Misconfigured naming the variable; `exclude` is the engine's own default."""
        settings = Settings(environment)
        excluded = settings.text("EXCLUDE_CHARACTERS", default=exclude)
        kept = (
            "".join(character for character in characters if character not in excluded)
            for name, characters in _CLASSES.items()
            if not settings.flag(name, default=False)
        )
        policy = cls(
            length=settings.integer("PASSWORD_LENGTH", default=32, within=range(1, MAX_LENGTH + 1)),
            classes=tuple(characters for characters in kept if characters),
            require_each_class=settings.flag("REQUIRE_EACH_INCLUDED_TYPE", default=True),
        )
        policy.check_strength()
        return policy

    def check_strength(self) -> None:
        """Raises Misconfigured where the settings leave fewer than MIN_BITS of choice."""
        alphabet = sum(map(len, self.classes))
        bits = math.floor(self.length * math.log2(alphabet)) if alphabet else 0
        if bits < MIN_BITS:
            raise Misconfigured(
                f"the password settings leave {bits} bits of choice, fewer than {MIN_BITS}",
                do="raise PASSWORD_LENGTH or exclude fewer characters",
                field="PASSWORD_LENGTH",
            )

    def make(self) -> Secret:
        """A password by `secrets`; with `require_each_class`, one of each class at least."""
        alphabet = "".join(self.classes)
        # Drawing again until every class is there keeps all permitted passwords equally likely.
        while True:
            password = "".join(secrets.choice(alphabet) for _ in range(self.length))
            if not self.require_each_class or all(set(password) & set(c) for c in self.classes):
                return Secret(password)
