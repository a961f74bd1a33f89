"""What applications use to never notice that a secret is rotated; docs/clients.md has how."""

from rotating.attempt import Attempt
from rotating.errors import (
    Absent,
    Denied,
    MalformedSecret,
    Misconfigured,
    RotatingError,
    Unavailable,
)
from rotating.rejections import is_rejection
from rotating.secret import LOGINS_AT_ONCE, Secret
from rotating.version import Version

__all__ = [
    "LOGINS_AT_ONCE",
    "Absent",
    "Attempt",
    "Denied",
    "MalformedSecret",
    "Misconfigured",
    "RotatingError",
    "Secret",
    "Unavailable",
    "Version",
    "is_rejection",
]
