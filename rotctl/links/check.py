"""One link of the chain as it was seen."""

from dataclasses import dataclass
from enum import StrEnum


class Health(StrEnum):
    """What is known of a link."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Link(StrEnum):
    """Every link, each after what it needs; a function may tell of others."""

    SECRET = "secret"  # noqa: S105 the name of a link
    SCHEDULE = "schedule"
    FUNCTION = "function"
    POLICY = "policy"
    ROLE = "role"
    KEY = "key"
    SETTINGS = "settings"
    VALUE = "value"
    ENDPOINT = "endpoint"
    TLS = "tls"
    LOGIN = "login"
    ADMIN = "admin"
    RIGHTS = "rights"
    STRATEGY = "strategy"
    ATTEMPTS = "attempts"


_DEPTHS = {
    Link.SECRET: 0,
    Link.SCHEDULE: 1,
    Link.FUNCTION: 1,
    Link.TLS: 3,
    Link.LOGIN: 4,
    Link.ADMIN: 4,
    Link.RIGHTS: 5,
    Link.STRATEGY: 5,
    Link.ATTEMPTS: 1,
}
_OTHER = 2


@dataclass(frozen=True, slots=True)
class Check:
    """What was seen of a link, and what to do next where that is anything.

    of: the version it is about, by its label or its id; empty for all of them.
    code, field: of the function's error, where it was one.
    """

    link: str
    health: Health
    what: str
    do: str = ""
    of: str = ""
    code: str = ""
    field: str = ""

    @property
    def depth(self) -> int:
        """How many links it hangs on."""
        return next((depth for link, depth in _DEPTHS.items() if link == self.link), _OTHER)
