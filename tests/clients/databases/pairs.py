"""Two users that take turns, and who has sessions of them."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from rotating import Secret

from local.servers import Server
from rotators.postgres.testing import PostgresAlternatingTarget
from tests.clients.databases.source import wait_for
from tests.lab import Lab, LabSecret


@dataclass
class Pair:
    """Two users of a server that take turns."""

    rotated: LabSecret
    secret: Secret
    name: str
    clone: str

    def take_turns(self) -> None:
        """Rotate, and have the application find out, in another thread than its pool's."""
        assert self.rotated.rotate().state == "succeeded"
        with ThreadPoolExecutor(1) as threads:
            threads.submit(self.secret.refresh).result()

    def sessions(self, user: str) -> int:
        target = self.rotated.target
        assert isinstance(target, PostgresAlternatingTarget)
        with target.admin() as admin:
            asked = "SELECT count(*)::int FROM pg_stat_activity WHERE usename = %s"
            (count,) = admin.execute(asked, [user]).fetchall()[0]
        assert isinstance(count, int)
        return count

    def wait(self, of_name: int, of_clone: int) -> None:
        """Until each has so many sessions."""
        wait_for(
            lambda: (self.sessions(self.name), self.sessions(self.clone)) == (of_name, of_clone)
        )


def a_pair(lab: Lab, server: Server) -> Pair:
    name = f"pool {uuid.uuid4().hex[:8]}"
    rotated = lab.secret(PostgresAlternatingTarget(server, name))
    return Pair(rotated, Secret(rotated.arn, client=lab.client), name, f"{name}_clone")
