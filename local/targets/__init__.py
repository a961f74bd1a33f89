"""What gets rotated here: a user or a key on a real target, its secret, and the truth about it."""

from local.targets.issuer import IssuerTarget
from local.targets.mysql import MySQLAlternatingTarget, MySQLTarget
from local.targets.postgres import PostgresAlternatingTarget, PostgresTarget
from local.targets.target import Admin, Document, Target

__all__ = [
    "Admin",
    "Document",
    "IssuerTarget",
    "MySQLAlternatingTarget",
    "MySQLTarget",
    "PostgresAlternatingTarget",
    "PostgresTarget",
    "Target",
]
