"""Where Amazon RDS says databases are."""

from collections.abc import Mapping


class Rds:
    """Placeholder until the real one is written."""

    def address(self, tags: Mapping[str, str]) -> tuple[str, int]:
        """Host and port of the database whose managed admin secret has these tags."""
        raise NotImplementedError(tags)

    def same_data(self, host: str, writer: str) -> bool:
        """Whether `host` is a replica or reader of the database at `writer`."""
        raise NotImplementedError((host, writer))
