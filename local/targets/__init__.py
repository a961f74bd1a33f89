"""What gets rotated here: a user or a key on a real target, its secret, and the truth about it.

The targets of a kind are in `rotators/<kind>/testing`; here is what they have in common.
"""

from local.targets.contract import (
    Document,
    RemoteTarget,
    Target,
    UnheardError,
    beyond,
    create,
)
from local.targets.database import Admin, DatabaseTarget
from local.targets.place import Offer, Place

__all__ = [
    "Admin",
    "DatabaseTarget",
    "Document",
    "Offer",
    "Place",
    "RemoteTarget",
    "Target",
    "UnheardError",
    "beyond",
    "create",
]
