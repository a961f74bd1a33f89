"""Random text by the password rules."""

from dataclasses import dataclass, replace

from rotators.generated.rules.rule import MIN_BITS, Rule
from shared.document.form import TEXT_FIELD
from shared.passwords import SET_WHERE, PasswordPolicy


@dataclass(frozen=True, slots=True)
class Text:
    """See Material. is_asked: whether the secret itself says how long, in `rotation`."""

    rule: Rule
    policy: PasswordPolicy
    is_asked: bool

    def check(self, before: str) -> None:
        """Raise where so many of the characters that are left are too few."""
        policy = self._policy(before)
        if _is_weak(policy):
            raise self.rule.place.refusal(
                f"makes values of {policy.length} characters, which by the password rules have "
                f"fewer than {MIN_BITS} bits of choice, or no room for each minimum",
                f"ask for a greater length, or exclude fewer characters {SET_WHERE}",
            )

    def make(self, before: str) -> str:
        """Drawn as every password is; one that is the whole secret does not look like JSON."""
        policy = self._policy(before)
        while True:
            made = policy.generate().reveal()
            if self.rule.field != TEXT_FIELD or not made.startswith("{"):
                return made

    def flaw(self, value: str) -> str:
        """Its length, its characters, and how many there are of each class."""
        policy = self._policy("")
        if len(value) < policy.length:
            return f"is shorter than {policy.length} characters"
        if not set(value) <= {each for characters, _ in policy.classes for each in characters}:
            return "has characters that the password rules exclude"
        counts = [(sum(each in of for each in value), least) for of, least in policy.classes]
        if any(count < least for count, least in counts):
            return "has too few characters of a class for the password rules"
        return ""

    def weakness(self, value: str) -> str:
        """Of what was made by other password rules than today's only how much choice it has."""
        least = self.rule.size or 0
        if len(value) < least:
            return f"is shorter than {least} characters"
        if _is_weak(replace(self.policy, length=len(value))):
            return f"has fewer than {MIN_BITS} bits of choice"
        return ""

    def _policy(self, before: str) -> PasswordPolicy:
        said = self.rule.size or self.policy.length
        is_free = self.rule.size is None and not self.is_asked
        return replace(self.policy, length=max(said, len(before)) if is_free else said)


def _is_weak(policy: PasswordPolicy) -> bool:
    return policy.needed > policy.length or policy.bits() < MIN_BITS
