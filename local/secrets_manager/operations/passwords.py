"""GetRandomPassword: characters chosen by the system's own source of randomness."""

import secrets
import string

from local.secrets_manager import errors
from local.secrets_manager.state import Answer, Request, ServiceState

_DEFAULT_LENGTH = 32
_CLASSES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
_random = secrets.SystemRandom()


def get_random_password(_state: ServiceState, request: Request) -> Answer:
    """GetRandomPassword: each included class has a character in it, unless that is not required.

    A space is only ever allowed. The three refusals were measured on AWS by the makers of cdkd
    (its secretsmanager-secret-provider.ts); which error each is, is chosen.
    """
    excluded = set(request.get("ExcludeCharacters", ""))
    classes = [
        "".join(character for character in characters if character not in excluded)
        for switch, characters in _CLASSES.items()
        if not request.get(switch)
    ]
    space = " " if request.get("IncludeSpace") and " " not in excluded else ""
    pool = "".join(classes) + space
    required = classes if request.get("RequireEachIncludedType", True) else []
    length = request.get("PasswordLength", _DEFAULT_LENGTH)
    if not pool:
        raise errors.invalid_parameter("All characters have been excluded from selection.")
    if not all(required):
        raise errors.invalid_parameter("All characters of the desired type have been excluded.")
    if length < len(required):
        raise errors.invalid_parameter("Password length is too short based on the required types.")
    chosen = [_random.choice(characters) for characters in required]
    chosen += [_random.choice(pool) for _ in range(length - len(required))]
    _random.shuffle(chosen)
    return {"RandomPassword": "".join(chosen)}
