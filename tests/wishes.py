"""What a password has to be like that a function makes for a secret with wishes of its own."""

import string
from collections.abc import Mapping
from typing import Any

from shared.passwords import EXCLUDED
from shared.settings import FLAGS

CHARACTERS = {
    "lowercase": string.ascii_lowercase,
    "uppercase": string.ascii_uppercase,
    "numbers": string.digits,
    "punctuation": string.punctuation,
}


def assert_keeps_to_both(
    password: str, asked: Mapping[str, Any], environment: Mapping[str, str]
) -> None:
    """The function's rules and the secret's; `asked` is what was accepted as its `rotation`."""
    asked = {name: value for name, value in asked.items() if value is not None}
    own_length = int(environment.get("PASSWORD_LENGTH") or 32)
    assert len(password) == asked.get("password_length", own_length) >= own_length
    excluded = environment.get("EXCLUDE_CHARACTERS", "") + asked.get("exclude_characters", "")
    allowed = set(string.printable) - set(excluded or EXCLUDED)
    assert set(password) <= allowed
    flag = "require_each_included_type"
    each = _flag(asked.get(flag, environment.get(flag.upper()) or True))
    for name, characters in CHARACTERS.items():
        count = sum(character in characters for character in password)
        exclude, minimum = f"exclude_{name}", f"minimum_{name}"
        is_excluded = _flag(asked.get(exclude, False)) or (
            _flag(environment.get(exclude.upper()) or False)
        )
        if is_excluded or not set(characters) & allowed:
            assert count == 0
            continue
        own = int(environment.get(minimum.upper()) or int(each))
        assert count >= max(own, asked.get(minimum, 0))


def _flag(value: bool | str) -> bool:
    return FLAGS[value.strip().lower()] if isinstance(value, str) else value
