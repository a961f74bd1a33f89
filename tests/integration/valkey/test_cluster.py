"""A user of a cluster's nodes, by a client that goes from node to node."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from redis.cluster import RedisCluster
from redis.exceptions import RedisClusterException

from local.servers import Server
from local.servers.certificates import Authority
from rotators.valkey.testing import ValkeyTarget, valkey
from rotators.valkey.testing.server import client
from shared.patience import tries
from tests.integration.valkey.stage import BY_ADMIN, OVERLAP, name
from tests.lab import Document, Lab

SLOTS = 16384
MIDDLE = SLOTS // 2
SECONDS = 60.0


def ask(server: Server, *words: str | int) -> str:
    with client(server, server.admin, server.password) as admin:
        return str(ValkeyTarget.run(admin, *map(str, words)))


def bus_of(server: Server) -> str:
    with client(server, server.admin, server.password) as admin:
        return str(ValkeyTarget.run(admin, "CONFIG", "GET", "cluster-port")[1])


def wait_for(server: Server, words: str, *, asked: str) -> None:
    for _ in tries(SECONDS):
        if words in ask(server, "CLUSTER", asked):
            return
    raise AssertionError(f"the cluster never had {words}")


@pytest.fixture(scope="module")
def nodes(server_logs: Path, authority: Authority) -> Iterator[tuple[Server, Server, Server]]:
    """Two that share the slots, and a replica of the first."""

    def node(name: str, beside: Server | None = None) -> AbstractContextManager[Server]:
        return valkey(server_logs, authority, name=name, clustered=True, beside=beside)

    with (
        node("cluster-1") as first,
        node("cluster-2", first) as second,
        node("cluster-3", first) as replica,
    ):
        for other in (second, replica):
            ask(first, "CLUSTER", "MEET", other.host, other.port, bus_of(other))
        ask(first, "CLUSTER", "ADDSLOTSRANGE", 0, MIDDLE - 1)
        ask(second, "CLUSTER", "ADDSLOTSRANGE", MIDDLE, SLOTS - 1)
        own = ask(first, "CLUSTER", "MYID")
        wait_for(replica, own, asked="NODES")
        ask(replica, "CLUSTER", "REPLICATE", own)
        wait_for(first, " slave ", asked="NODES")
        for each in (first, second, replica):
            wait_for(each, "cluster_state:ok", asked="INFO")
        yield first, second, replica


def use(server: Server, document: Document) -> None:
    """Write and read a key of each half of the slots."""
    with RedisCluster(
        host=server.host,
        port=server.port,
        username=str(document["username"]),
        password=str(document["password"]),
        ssl=True,
        ssl_ca_certs=str(server.ca),
    ) as cluster:
        halves = {
            cluster.keyslot(f"app:{number}") // MIDDLE: f"app:{number}" for number in range(9)
        }
        assert halves.keys() == {0, 1}
        for key in halves.values():
            cluster.set(key, key)
            assert cluster.get(key) == key.encode()


@pytest.mark.parametrize("settings", [{}, {**OVERLAP, **BY_ADMIN}], ids=["own", "overlap by admin"])
def test_a_client_of_the_cluster_is_let_in_by_every_node(
    lab: Lab, nodes: tuple[Server, Server, Server], settings: Mapping[str, str]
) -> None:
    target = ValkeyTarget(nodes[0], name(), settings, others=nodes[1:])
    for server in nodes:
        with target.admin(server) as admin:
            target.run(
                admin, "ACL", "SETUSER", str(target.document["username"]), "+cluster", "+command"
            )
    secret = lab.secret(target)
    before = secret.value()
    use(nodes[0], before)
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        for server in nodes:
            use(server, secret.value())
    with pytest.raises(RedisClusterException):
        use(nodes[0], before)
