"""Where a client's process finds its secret and its target; sent to it as it starts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Where:
    """secret: the ARN, and the variables of the Secrets Manager that is asked for it.

    engine: postgres, mysql, mariadb, or http, whose url is asked with a key.
    """

    engine: str
    secret: str
    environment: dict[str, str]
    ca: Path
    host: str = ""
    port: int = 0
    database: str = ""
    url: str = ""
