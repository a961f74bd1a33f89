"""Which of the server's password rules a new password does not keep: MySQL itself does not say."""

import string
from collections.abc import Iterator
from contextlib import contextmanager

from rotators.mysql.connection import Wire
from shared.errors import GIVE_UP, RejectedByPolicy
from shared.secret import Secret

_LENGTH = "PASSWORD_LENGTH"  # what stands for any rule that is not known, too
# Of caching_sha2_password, in bytes; a longer one is error 1396, which tells nothing.
_LONGEST = 256
# The server's rule, the function's class of characters, and those.
_CLASSES = (
    ("mixed_case_count", "LOWERCASE", string.ascii_lowercase),
    ("mixed_case_count", "UPPERCASE", string.ascii_uppercase),
    ("number_count", "NUMBERS", string.digits),
    ("special_char_count", "PUNCTUATION", string.punctuation),
)


@contextmanager
def rule_named(wire: Wire, password: Secret) -> Iterator[None]:
    """Let RejectedByPolicy name the setting of the function that is at fault."""
    if not wire.mariadb and len(password.reveal().encode()) > _LONGEST:
        raise RejectedByPolicy(
            f"the new password has more than the {_LONGEST} bytes that MySQL takes",
            do=f"set PASSWORD_LENGTH to {_LONGEST} or less; {GIVE_UP}",
            field=_LENGTH,
        )
    try:
        yield
    except RejectedByPolicy as rejected:
        if rejected.field != _LENGTH or wire.mariadb:
            raise
        plain = rejected
    else:
        return
    raise _named(wire, password.reveal(), plain) or plain


def _named(wire: Wire, password: str, plain: RejectedByPolicy) -> RejectedByPolicy | None:
    # The component's names have a dot, the older plugin's an underscore.
    rows = wire.run("SHOW VARIABLES LIKE %s", r"validate\_password%")
    rules = {str(name)[len("validate_password.") :]: str(value) for name, value in rows}
    if len(password) < _number(rules, "length"):
        return _short_of(plain, _LENGTH, _number(rules, "length"), _LENGTH)
    if rules.get("policy") in ("LOW", "0"):
        return None
    for rule, name, characters in _CLASSES:
        has, wanted = sum(each in characters for each in password), _number(rules, rule)
        if has < wanted:
            field = f"MINIMUM_{name}" if has else f"EXCLUDE_{name}"
            return _short_of(plain, f"MINIMUM_{name}", wanted, field)
    return None


def _number(rules: dict[str, str], rule: str) -> int:
    return int(rules[rule]) if rules.get(rule, "").isdecimal() else 0


def _short_of(plain: RejectedByPolicy, setting: str, wanted: int, field: str) -> RejectedByPolicy:
    allow = f", unset {field}" if field != setting else ""
    return RejectedByPolicy(
        f"{plain.what}: it wants {setting} to be {wanted} or more",
        do=f"set {setting}{allow}, and see that PASSWORD_LENGTH and EXCLUDE_CHARACTERS leave room "
        f"for it; {GIVE_UP}",
        field=field,
    )
