"""What answers a login and refuses it says so in words: whose words they are, and their meaning.

Each file has those of one program. A pattern is matched at the beginning of the text, in which the
login's own names are empty, so that no name can be taken for a reason.
"""

import re
from collections.abc import Mapping

from rotators.postgres.answers.hosted import HOSTED
from rotators.postgres.answers.odyssey import ODYSSEY
from rotators.postgres.answers.pgbouncer import PGBOUNCER
from rotators.postgres.answers.rds_proxy import RDS_PROXY
from rotators.postgres.answers.server import SERVER
from rotators.postgres.answers.supavisor import SUPAVISOR
from shared.errors import ErrorRow

_PROGRAMS: tuple[Mapping[str, ErrorRow], ...] = (
    SERVER,
    PGBOUNCER,
    RDS_PROXY,
    SUPAVISOR,
    ODYSSEY,
    HOSTED,
)
# What a proxy puts in front of the words of the server behind it, or of its own.
_PREFIX = r"(?:Request returned an error: |odyssey: \S+: )?"


def meaning_of(text: str) -> ErrorRow | None:
    """The row for what was answered, without its severity; None for words that nobody knows."""
    for rows in _PROGRAMS:
        for pattern, row in rows.items():
            if re.match(_PREFIX + f"(?:{pattern})", text):
                return row
    return None
