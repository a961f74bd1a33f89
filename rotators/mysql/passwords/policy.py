"""Names the password setting that breaks the server's rules: MySQL itself does not say which."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import MappingProxyType

from rotators.mysql.connection import Connection
from shared.asked.wishes import asked_length, place_of
from shared.credentials import Login
from shared.errors import RejectedByPolicy
from shared.passwords import CLASSES, SET_WHERE
from shared.secret import Secret

_LENGTH = "PASSWORD_LENGTH"  # the field of the error also where no rule is known to be broken
# What caching_sha2_password takes, in bytes; a longer one is error 1396, which tells nothing.
_MAX_BYTES = 256
# The same by what a secret's `engine` may be; one that says `mariadb`, or nothing, may have more.
LONGEST_PASSWORDS = MappingProxyType(dict.fromkeys(("mysql", "mysql2", "aurora-mysql"), _MAX_BYTES))


_LOWERCASE, _UPPERCASE, _NUMBERS, _PUNCTUATION = CLASSES
# The rule of validate_password that wants so many characters of a class.
_COUNT_RULES = (
    ("mixed_case_count", _LOWERCASE),
    ("mixed_case_count", _UPPERCASE),
    ("number_count", _NUMBERS),
    ("special_char_count", _PUNCTUATION),
)


@contextmanager
def explaining_policy_refusals(
    connection: Connection, password: Secret, user: Login
) -> Iterator[None]:
    """Raise a RejectedByPolicy of the block as one whose field is the setting at fault.

    connection: one that may read the server's variables. user: whose password it is.
    """
    if not connection.mariadb and len(password.reveal().encode()) > _MAX_BYTES:
        place, do = _LENGTH, f"set {_LENGTH} to {_MAX_BYTES} or less, {SET_WHERE}"
        if asked_length(user.document) is not None:
            place = place_of(_LENGTH)
            do = f"let '{place}' in the secret be {_MAX_BYTES} or less, and rotate again"
        raise RejectedByPolicy(
            f"the new password has more than the {_MAX_BYTES} bytes that MySQL takes",
            do=do,
            field=place,
        )
    try:
        yield
    except RejectedByPolicy as rejected:
        if rejected.field != _LENGTH or connection.mariadb:
            raise
        refusal = rejected
    else:
        return
    explained = _explained(refusal, connection, password.reveal())
    if explained is None:
        raise refusal
    raise explained


def _explained(
    refusal: RejectedByPolicy, connection: Connection, password: str
) -> RejectedByPolicy | None:
    """Return the refusal with the first rule that the password breaks, None where none is known."""
    # The component's names have a dot, the older plugin's an underscore.
    rows = connection.run("SHOW VARIABLES LIKE %s", r"validate\_password%")
    rules = {str(name)[len("validate_password.") :]: str(value) for name, value in rows}
    if len(password) < _number(rules, "length"):
        return _below_minimum(refusal, _LENGTH, _number(rules, "length"))
    if rules.get("policy") in ("LOW", "0"):
        return None
    for rule, character_class in _COUNT_RULES:
        count = sum(character in character_class.characters for character in password)
        wanted = _number(rules, rule)
        if count < wanted:
            excluded = None if count else character_class.exclude_setting
            return _below_minimum(refusal, character_class.minimum_setting, wanted, excluded)
    return None


def _number(rules: dict[str, str], rule: str) -> int:
    return int(rules[rule]) if rules.get(rule, "").isdecimal() else 0


def _below_minimum(
    refusal: RejectedByPolicy, setting: str, wanted: int, exclude_setting: str | None = None
) -> RejectedByPolicy:
    """Return the refusal of a password that has less than is wanted.

    setting: the minimum that asks for more; exclude_setting: what may be why there is none at all.
    """
    unset = f", unset {exclude_setting}" if exclude_setting else ""
    return RejectedByPolicy(
        f"{refusal.what}: it wants {setting} to be {wanted} or more",
        do=f"set {setting}{unset}, and see that PASSWORD_LENGTH and EXCLUDE_CHARACTERS leave room "
        f"for it, {SET_WHERE}",
        field=exclude_setting or setting,
    )
