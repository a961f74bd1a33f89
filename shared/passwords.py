"""The password policy: AWS's settings by AWS's names, a minimum of each class, and passwords."""

import math
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from shared.errors import Misconfigured
from shared.secret import Secret
from shared.settings import Settings


class CharacterClass(NamedTuple):
    """A kind of character, and the two settings about it."""

    characters: str
    minimum_setting: str
    exclude_setting: str


class Included(NamedTuple):
    """What passwords have of a class: its characters, and so many of them at least."""

    characters: str
    minimum: int


# The classes and the length limit are GetRandomPassword's (Secrets Manager API reference).
CLASSES = (
    CharacterClass(string.ascii_lowercase, "MINIMUM_LOWERCASE", "EXCLUDE_LOWERCASE"),
    CharacterClass(string.ascii_uppercase, "MINIMUM_UPPERCASE", "EXCLUDE_UPPERCASE"),
    CharacterClass(string.digits, "MINIMUM_NUMBERS", "EXCLUDE_NUMBERS"),
    CharacterClass(string.punctuation, "MINIMUM_PUNCTUATION", "EXCLUDE_PUNCTUATION"),
)
MAX_LENGTH = 4096
# Below this, a stolen password hash is within reach of an offline search.
MIN_BITS = 80
# Where a rule for passwords can be set, and what an operator does about a server's own rules.
SET_WHERE = "on the function, or in small letters in 'rotation' of the secret"
MATCH_RULES = f"let PASSWORD_LENGTH, EXCLUDE_CHARACTERS and MINIMUM_... match them, {SET_WHERE}"
# These need no quoting in a URL, a shell, a .pgpass, a JDBC URL, a conninfo string or a .my.cnf.
PLAIN_PUNCTUATION = "_."
EXCLUDED = "".join(sorted(set(string.punctuation) - set(PLAIN_PUNCTUATION)))


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """Which passwords are made: `length` characters, of each class at least its minimum.

    classes: those that have any character; no character is in two of them.
    """

    length: int
    classes: tuple[Included, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "PasswordPolicy":
        """Raises Misconfigured naming the variable."""
        policy = cls.read(Settings(environment))
        policy.check()
        return policy

    @classmethod
    def read(cls, settings: Settings) -> "PasswordPolicy":
        """The same, of which nobody has checked yet that it fits and is strong."""
        length = settings.integer("PASSWORD_LENGTH", default=32, within=range(1, MAX_LENGTH + 1))
        usual_minimum = int(settings.flag("REQUIRE_EACH_INCLUDED_TYPE", default=True))
        classes = []
        for each in CLASSES:
            characters = _included(each, settings)
            minimum = _minimum(each, characters, usual_minimum, settings)
            if characters:
                classes.append(Included(characters, minimum))
        return cls(length, tuple(classes))

    def check(self) -> None:
        """Raises Misconfigured where the minimums do not fit or fewer than MIN_BITS are left."""
        if self.needed > self.length:
            raise Misconfigured(
                f"the minimums add up to {self.needed} characters, more than PASSWORD_LENGTH",
                do=f"raise PASSWORD_LENGTH to {self.needed} or more, or lower one of MINIMUM_...",
                field="PASSWORD_LENGTH",
            )
        bits = math.floor(self.bits())
        if bits < MIN_BITS:
            raise Misconfigured(
                f"the password settings leave {bits} bits of choice, fewer than {MIN_BITS}",
                do="raise PASSWORD_LENGTH, lower the MINIMUM_... variables or exclude fewer "
                "characters",
                field="PASSWORD_LENGTH",
            )

    @property
    def needed(self) -> int:
        """The length that the minimums add up to."""
        return sum(minimum for _, minimum in self.classes)

    def bits(self) -> float:
        """The min-entropy of `generate`: no password is likelier than 2**-bits.

        A rule that `generate` obeys and this does not count would make the check of MIN_BITS wrong.

        A password of given numbers of each class comes about in as many ways as its minimums can
        be chosen from its characters, C(number, minimum) multiplied over the classes; each way
        has the same chance. The product is concave in the numbers, so its greatest value is found
        by adding one character after another where it gains most.
        """
        if not self.classes:
            return 0.0
        numbers = [minimum for _, minimum in self.classes]
        arrangements, chosen = 0.0, 0  # log2 of the ways to place the minimums
        for characters, minimum in self.classes:
            arrangements += math.log2(math.comb(self.length - chosen, minimum))
            arrangements += minimum * math.log2(len(characters))
            chosen += minimum
        free = self.length - chosen
        for _ in range(free):
            gains = [(n + 1) / (n + 1 - m) for n, (_, m) in zip(numbers, self.classes, strict=True)]
            numbers[gains.index(max(gains))] += 1
        likeliest = sum(
            math.log2(math.comb(n, m)) for n, (_, m) in zip(numbers, self.classes, strict=True)
        )
        return arrangements + free * math.log2(len(self._alphabet)) - likeliest

    def generate(self) -> Secret:
        """A password by `secrets`: the minimum of each class, the rest of all classes, shuffled.

        Without minimums all passwords are equally likely. With them, those with an even mix of
        the classes are a little likelier than others, which `bits` counts: 189 bits instead of 191
        by default. Drawing again until the minimums are met would be even, but may never end.
        """
        drawn = [
            secrets.choice(characters)
            for characters, minimum in self.classes
            for _ in range(minimum)
        ]
        alphabet = self._alphabet
        drawn += [secrets.choice(alphabet) for _ in range(self.length - len(drawn))]
        secrets.SystemRandom().shuffle(drawn)
        return Secret("".join(drawn))

    @property
    def _alphabet(self) -> str:
        return "".join(characters for characters, _ in self.classes)


def _included(each: CharacterClass, settings: Settings) -> str:
    """The characters of the class that passwords may have; none where it is excluded."""
    if settings.flag(each.exclude_setting, default=False):
        return ""
    excluded = settings.text("EXCLUDE_CHARACTERS", default=EXCLUDED)
    return "".join(character for character in each.characters if character not in excluded)


def _minimum(each: CharacterClass, included: str, usual: int, settings: Settings) -> int:
    minimum = settings.integer(
        each.minimum_setting, default=usual if included else 0, within=range(MAX_LENGTH + 1)
    )
    if minimum and not included:
        raise Misconfigured(
            f"{each.minimum_setting} asks for characters that are all excluded",
            do=f"unset {each.minimum_setting}, {each.exclude_setting} or EXCLUDE_CHARACTERS",
            field=each.minimum_setting,
        )
    return minimum
