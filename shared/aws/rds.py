"""Where Amazon RDS says databases are, and which of them hold the same data.

Sources: RDS API reference, DescribeDBInstances and DescribeDBClusters; RDS User Guide, "Password
management with Amazon RDS and AWS Secrets Manager"; Aurora User Guide, "Amazon Aurora endpoints".
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from shared.aws import clients
from shared.aws.rds_errors import RDS, DatabaseNotFound
from shared.errors import NEXT_ATTEMPT, TargetMismatch, Unreachable

# What RDS puts on the secret of an admin whose password it manages; nobody else can, as the
# service reserves names that begin with `aws:`. In small letters here.
_TAGS = ("aws:rds:primarydbinstancearn", "aws:rds:primarydbclusterarn")
_ARN = re.compile(r"arn:[^:]+:rds:[^:]*:[^:]*:(db|cluster):([^:]+)")


class Rds:
    """Asks in the function's own region and account; makes its client when first asked."""

    def address(self, tags: Mapping[str, str]) -> tuple[str, int]:
        """Host and port of the database whose managed admin secret has these tags; one call.

        Raises TargetMismatch where they name none.
        """
        named = {name.lower(): value for name, value in tags.items()}
        arn = next((named[tag] for tag in _TAGS if tag in named), None)
        found = _ARN.fullmatch(arn or "")
        if found is None:
            raise TargetMismatch(
                "the admin's secret has no 'host', and no tag of RDS that names its database",
                do="add 'host' to it, or correct 'masterarn' in the secret",
                field="masterarn",
            )
        kind, identifier = found.groups()
        database = _cluster(identifier) if kind == "cluster" else _instance(identifier)
        if database is None:
            raise TargetMismatch(
                f"RDS has no database {arn}, which the admin's secret is tagged with, here",
                do="correct 'masterarn' in the secret, or run the function in the database's "
                "account and region",
                field="masterarn",
            )
        endpoint = _endpoint(database)
        if endpoint is None:
            raise Unreachable(f"{arn} has no endpoint yet", do=NEXT_ATTEMPT, field="masterarn")
        return endpoint

    def same_data(self, host: str, writer: str) -> bool:
        """Whether `host` is the database at `writer`, or an RDS read replica or a reader of it.

        A reader: a reader endpoint, a custom endpoint or an instance of the same cluster.
        Identifiers are the first labels of endpoints, and count only where RDS says that the host
        is that endpoint. Three calls at most, none for a host that is no endpoint of RDS.
        """
        host, writer = host.lower(), writer.lower()
        if not all(".rds." in name for name in (host, writer)):
            return False
        return host == writer or _reads_from(host, writer)


def _reads_from(host: str, writer: str) -> bool:
    """Whether the host is a reader or a read replica of the database at `writer`."""
    if _names_cluster(writer):
        cluster = _cluster(_first_label(writer))
        return cluster is not None and cluster.get("Endpoint") == writer and _has(cluster, host)
    source = _instance_at(writer)
    if source is None:
        return False
    if "DBClusterIdentifier" in source:
        cluster = _cluster(source["DBClusterIdentifier"])
        return cluster is not None and _has(cluster, host)
    replica = _instance_at(host)
    of = "ReadReplicaSourceDBInstanceIdentifier"
    return replica is not None and replica.get(of) == source["DBInstanceIdentifier"]


def _has(cluster: Mapping[str, Any], host: str) -> bool:
    """Whether the host is an endpoint or an instance of the cluster."""
    endpoints = [cluster.get("Endpoint"), cluster.get("ReaderEndpoint")]
    if _names_cluster(host):
        return host in [*endpoints, *cluster.get("CustomEndpoints", [])]
    instance = _instance_at(host)
    identifier = cluster["DBClusterIdentifier"]
    return instance is not None and instance.get("DBClusterIdentifier") == identifier


def _first_label(host: str) -> str:
    return host.partition(".")[0]


def _names_cluster(host: str) -> bool:
    """`app.cluster-abc.…`, `app.cluster-ro-abc.…` or `any.cluster-custom-abc.…`."""
    return host.partition(".")[2].startswith("cluster-")


def _instance_at(host: str) -> dict[str, Any] | None:
    """The instance whose endpoint is this host."""
    instance = _instance(_first_label(host))
    endpoint = _endpoint(instance) if instance else None
    return instance if endpoint and endpoint[0] == host else None


def _endpoint(database: Mapping[str, Any]) -> tuple[str, int] | None:
    """An instance's or a cluster's; while it is being made it has none."""
    endpoint = database.get("Endpoint")
    if isinstance(endpoint, str):
        return endpoint, database["Port"]
    return (endpoint["Address"], endpoint["Port"]) if endpoint else None


def _instance(identifier: str) -> dict[str, Any] | None:
    return _first(
        lambda rds: rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"]
    )


def _cluster(identifier: str) -> dict[str, Any] | None:
    return _first(
        lambda rds: rds.describe_db_clusters(DBClusterIdentifier=identifier)["DBClusters"]
    )


def _first(describe: Callable[[Any], Iterable[dict[str, Any]]]) -> dict[str, Any] | None:
    try:
        with RDS.translate_errors():
            return next(iter(describe(clients.client("rds"))), None)
    except DatabaseNotFound:
        return None
