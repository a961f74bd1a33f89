"""Which passwords a secret gets that asks for some: never weaker ones than its function makes."""

import math
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from shared.asked.wishes import Asked, Kind
from shared.passwords import CLASSES, MAX_LENGTH, CharacterClass, PasswordPolicy

# No search reaches so far: a secret that stays above it may choose its characters freely.
ENOUGH_BITS = 128
_MINIMUMS = [each.minimum_setting for each in CLASSES]
_EXCLUSIONS = [each.exclude_setting for each in CLASSES]
PASSWORD_RULES: Mapping[str, Kind] = MappingProxyType({
    "PASSWORD_LENGTH": "number",
    "EXCLUDE_CHARACTERS": "text",
    "REQUIRE_EACH_INCLUDED_TYPE": "flag",
    **dict.fromkeys(_EXCLUSIONS, "flag"),
    **dict.fromkeys(_MINIMUMS, "number"),
})  # fmt: skip


def password_policy(asked: Asked) -> PasswordPolicy:
    """The function's policy with what the secret asks for.

    What the function excludes stays excluded, no number falls below the function's, and a
    password has at least as many bits as without the wishes, or ENOUGH_BITS.
    Raises Misconfigured, and MalformedSecret naming the place.
    """
    own = PasswordPolicy.from_environment(asked.own.environment)
    if not asked.names:
        return own
    asked.keep_on("REQUIRE_EACH_INCLUDED_TYPE", default=True)
    for name in _EXCLUSIONS:
        asked.keep_on(name, default=False)
    asked = _excluding_both(asked)
    policy = PasswordPolicy.read(asked)
    _check_numbers(asked, policy, own)
    least = _least_length(policy, min(math.floor(own.bits()), ENOUGH_BITS))
    if least is None:
        narrowing = (*_MINIMUMS, *_EXCLUSIONS, "EXCLUDE_CHARACTERS")
        asked.refuse(
            next(name for name in narrowing if name in asked.names),
            f"leaves no password of up to {MAX_LENGTH} characters that is strong enough",
            "exclude fewer characters, or ask for lower minimums",
        )
    if policy.length < least:
        asked.refuse(
            "PASSWORD_LENGTH",
            f"must be {least} at least: with what else the secret asks for, a shorter password is "
            "too weak",
            f"ask for a password_length of {least} or more, or exclude fewer characters and ask "
            "for lower minimums",
        )
    return policy


def _excluding_both(asked: Asked) -> Asked:
    """With the characters of the function's own EXCLUDE_CHARACTERS excluded too."""
    wanted = asked.text("EXCLUDE_CHARACTERS", default="")
    own = asked.own.text("EXCLUDE_CHARACTERS", default="")
    return asked.with_value("EXCLUDE_CHARACTERS", wanted + own)


def _check_numbers(asked: Asked, policy: PasswordPolicy, own: PasswordPolicy) -> None:
    """Raise MalformedSecret for a number below what it would be without having been asked for."""
    unasked = asked
    for name in _MINIMUMS:
        unasked = unasked.with_value(name, asked.own.text(name, default=""))
    floors = PasswordPolicy.read(unasked)
    numbers = {"PASSWORD_LENGTH": (policy.length, own.length)} | {
        each.minimum_setting: (_minimum(policy, each), _minimum(floors, each)) for each in CLASSES
    }
    for name, (number, least) in numbers.items():
        if number < least:
            asked.refuse(
                name,
                f"must be {least} at least, which is what it is unasked",
                f"ask for that or more, or lower {name} of the function",
            )


def _minimum(policy: PasswordPolicy, of: CharacterClass) -> int:
    """How many characters of a class there are at least."""
    return sum(n for characters, n in policy.classes if characters[0] in of.characters)


def _least_length(policy: PasswordPolicy, bits: int) -> int | None:
    """The length from which on the policy leaves so many bits; None where none is enough.

    Not below the policy's own one.
    """

    def bits_of(length: int) -> int:
        return math.floor(replace(policy, length=length).bits())

    first = max(policy.length, policy.needed)
    last, step = first, 1  # of most secrets the first one is enough, and of others one close by
    while last < MAX_LENGTH and bits_of(last) < bits:
        last, step = min(last + step, MAX_LENGTH), step * 2
    lengths = range(first, min(last, MAX_LENGTH) + 1)
    found = bisect_left(lengths, bits, key=bits_of)
    return lengths[found] if found < len(lengths) else None
