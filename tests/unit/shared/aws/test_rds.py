"""Where RDS says databases are, asked with a real client of moto's RDS."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from moto import mock_aws

from local import template
from shared.aws import clients
from shared.aws.rds import Rds
from shared.errors import (
    Forbidden,
    Misconfigured,
    RotationError,
    TargetMismatch,
    Throttled,
    Unreachable,
)

ARN = "arn:aws:rds:us-east-1:123456789012"
INSTANCE_TAG, CLUSTER_TAG = "aws:rds:primaryDBInstanceArn", "aws:rds:primaryDBClusterArn"
PLACE = "us-east-1.rds.amazonaws.com"
READERS = f"readers.cluster-custom-xgli5k2w3tqy.{PLACE}"


@dataclass
class Fleet:
    """An instance with a replica, and a cluster of two, beside others that have nothing to do."""

    hosts: dict[str, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def make(self, client: Any) -> None:  # noqa: ANN401 - the SDK's
        for name in ("main", "other"):
            self.instance(client, name, Engine="postgres", AllocatedStorage=20)
            for number in (1, 2):
                replica = client.create_db_instance_read_replica(
                    DBInstanceIdentifier=f"{name}-replica-{number}",
                    SourceDBInstanceIdentifier=name if number == 1 else f"{name}-replica-1",
                )["DBInstance"]
                self.hosts[f"{name}-replica-{number}"] = replica["Endpoint"]["Address"]
        for name in ("aurora", "elsewhere"):
            cluster = client.create_db_cluster(
                DBClusterIdentifier=name, Engine="aurora-mysql",
                MasterUsername="admin", MasterUserPassword="invented",
            )["DBCluster"]  # fmt: skip
            self.hosts[name], self.hosts[f"{name}-ro"] = (
                cluster["Endpoint"],
                cluster["ReaderEndpoint"],
            )
            for number in (1, 2):
                self.instance(
                    client, f"{name}-{number}", Engine="aurora-mysql", DBClusterIdentifier=name
                )

    def instance(self, client: Any, name: str, **more: Any) -> None:  # noqa: ANN401 - the SDK's
        made = client.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.r6g.large",
            MasterUsername="admin", MasterUserPassword="invented", **more,
        )["DBInstance"]  # fmt: skip
        self.hosts[name] = made["Endpoint"]["Address"]

    def same(self, host: str, writer: str) -> bool:
        return Rds().same_data(self.hosts.get(host, host), self.hosts.get(writer, writer))


def custom_endpoint(parsed: dict[str, Any], **_: object) -> None:
    """moto has none: `aurora` has one all the same."""
    for cluster in parsed.get("DBClusters", []):
        if cluster["DBClusterIdentifier"] == "aurora":
            cluster["CustomEndpoints"] = [READERS]


def forget() -> None:
    clients.client.cache_clear()
    clients._session.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def built() -> Iterator[Fleet]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "invented")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        # Between the SDK's tries: how long is its own affair.
        patch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
        forget()
        fleet = Fleet()
        fleet.make(clients.client("rds"))
        yield fleet


@pytest.fixture(autouse=True)
def _own_client() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def fleet(built: Fleet) -> Fleet:
    events = clients.client("rds").meta.events
    events.register("after-call.rds.DescribeDBClusters", custom_endpoint)
    events.register("before-call.rds", lambda model, **_: built.calls.append(model.name))
    built.calls.clear()
    return built


# --- the address of a managed admin's database ---


@pytest.mark.parametrize(
    ("tag", "resource", "name", "port"),
    [
        (INSTANCE_TAG, "db:main", "main", 5432),
        (INSTANCE_TAG.lower(), "db:main", "main", 5432),
        (CLUSTER_TAG, "cluster:aurora", "aurora", 3306),
        (CLUSTER_TAG.upper(), "cluster:aurora", "aurora", 3306),
    ],
)
def test_the_address_is_that_of_the_tags_database(
    fleet: Fleet, tag: str, resource: str, name: str, port: int
) -> None:
    tags = {"owner": "team", tag: f"{ARN}:{resource}"}
    assert Rds().address(tags) == (fleet.hosts[name], port)
    assert len(fleet.calls) == 1


@pytest.mark.parametrize(
    "tags",
    [
        {},
        {"aws:secretsmanager:owningService": "rds"},
        {INSTANCE_TAG: "canary"},
        {INSTANCE_TAG: "arn:aws:s3:::canary"},
        {CLUSTER_TAG: f"{ARN}:cluster-endpoint:aurora"},
    ],
)
def test_tags_that_name_no_database(fleet: Fleet, tags: dict[str, str]) -> None:
    with pytest.raises(TargetMismatch, match="no tag of RDS") as caught:
        Rds().address(tags)
    assert caught.value.field == "masterarn"
    assert fleet.calls == []


@pytest.mark.parametrize(
    ("tag", "resource"), [(INSTANCE_TAG, "db:gone"), (CLUSTER_TAG, "cluster:gone")]
)
def test_a_database_that_is_gone(fleet: Fleet, tag: str, resource: str) -> None:
    with pytest.raises(TargetMismatch, match=f"{resource}.* region") as caught:
        Rds().address({tag: f"{ARN}:{resource}"})
    assert caught.value.field == "masterarn"
    assert type(caught.value) is TargetMismatch
    assert fleet.calls


def test_a_database_that_is_being_made_has_no_endpoint(fleet: Fleet) -> None:
    def without(parsed: dict[str, Any], **_: object) -> None:
        for instance in parsed["DBInstances"]:
            del instance["Endpoint"]

    clients.client("rds").meta.events.register("after-call.rds.DescribeDBInstances", without)
    with pytest.raises(Unreachable, match="no endpoint yet"):
        Rds().address({INSTANCE_TAG: f"{ARN}:db:main"})
    assert not fleet.same("main-replica-1", "main")


# --- the rights ---


def test_rds_is_asked_what_the_template_allows_and_all_of_it(fleet: Fleet) -> None:
    Rds().address({INSTANCE_TAG: f"{ARN}:db:main"})
    for host, writer in SAME:
        fleet.same(host, writer)
    policy = template.document()["Resources"]["DatabaseAdminUse"]["Properties"]["PolicyDocument"]
    (allowed,) = [each for each in policy["Statement"] if each.get("Sid") == "AskRdsWhichDatabase"]
    assert {f"rds:{call}" for call in fleet.calls} == set(allowed["Action"])


# --- the same data at another host ---

SAME = [
    ("main-replica-1", "main"),
    ("MAIN-REPLICA-1", "main"),
    ("aurora-ro", "aurora"),
    (READERS, "aurora"),
    ("aurora-2", "aurora"),
    ("aurora", "aurora-1"),
    ("aurora-ro", "aurora-1"),
    (READERS, "aurora-1"),
    ("aurora-2", "aurora-1"),
]


@pytest.mark.parametrize(("host", "writer"), SAME)
def test_a_replica_or_reader_has_the_writers_data(fleet: Fleet, host: str, writer: str) -> None:
    if host.isupper():
        host = fleet.hosts[host.lower()].upper()
    assert fleet.same(host, writer) is True
    assert 1 <= len(fleet.calls) <= 3


@pytest.mark.parametrize("name", ["main", "aurora", "aurora-1", READERS])
def test_a_database_has_its_own_data_and_rds_is_not_asked(fleet: Fleet, name: str) -> None:
    assert fleet.same(name, name) is True
    assert fleet.calls == []


@pytest.mark.parametrize(
    ("host", "writer"),
    [
        ("other-replica-1", "main"),
        ("main-replica-2", "main"),  # a replica's replica may lag for ever
        ("main", "main-replica-1"),
        ("other", "main"),
        ("elsewhere-ro", "aurora"),
        ("elsewhere-1", "aurora"),
        ("elsewhere", "aurora-1"),
        ("elsewhere-1", "aurora-1"),
        ("main", "aurora"),
        ("aurora-1", "main"),
        ("aurora", "aurora-ro"),
        (READERS, "elsewhere"),
    ],
)
def test_another_database_has_not(fleet: Fleet, host: str, writer: str) -> None:
    assert fleet.same(host, writer) is False
    assert len(fleet.calls) <= 3


@pytest.mark.parametrize(
    ("host", "writer"),
    [
        (f"main-replica-1.zzzzzzzzzz.{PLACE}", "main"),
        ("main-replica-1", f"main.zzzzzzzzzz.{PLACE}"),
        ("main-replica-1.rds.attacker.test", "main"),
        ("main-replica-1", "main.rds.attacker.test"),
        (f"aurora.cluster-ro-zzzzzzzzzzzz.{PLACE}", "aurora"),
        (f"aurora-2.zzzzzzzzzz.{PLACE}", "aurora"),
        ("aurora-2", f"aurora.cluster-zzzzzzzzzzzz.{PLACE}"),
        ("aurora-2", f"aurora-1.zzzzzzzzzz.{PLACE}"),
        (f"gone.zzzzzzzzzz.{PLACE}", "main"),
        ("main", f"gone.zzzzzzzzzz.{PLACE}"),
        ("main", f"gone.cluster-zzzzzzzzzzzz.{PLACE}"),
    ],
)
def test_a_first_label_alone_proves_nothing(fleet: Fleet, host: str, writer: str) -> None:
    assert fleet.same(host, writer) is False


def test_rds_is_not_asked_about_other_hosts(fleet: Fleet) -> None:
    for host, writer in (("db.example.org", "main"), ("main-replica-1", "10.0.0.1")):
        assert fleet.same(host, writer) is False
        assert fleet.calls == []


# --- errors ---


class Raw:
    """The body of an answer made up here, as urllib3 would give it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def answering(status: int, code: str) -> Callable[..., AWSResponse]:
    error = f"<Error><Code>{code}</Code><Message>canary</Message></Error>"
    body = Raw(f"<ErrorResponse>{error}</ErrorResponse>".encode())
    return lambda request, **_: AWSResponse(request.url, status, HTTPHeaders(), body)


ASKING: list[Callable[[], object]] = [
    lambda: Rds().address({INSTANCE_TAG: f"{ARN}:db:main"}),
    lambda: Rds().address({CLUSTER_TAG: f"{ARN}:cluster:aurora"}),
    lambda: Rds().same_data(f"replica.x.{PLACE}", f"main.x.{PLACE}"),
    lambda: Rds().same_data(f"a.cluster-ro-x.{PLACE}", f"a.cluster-x.{PLACE}"),
]


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize(
    ("status", "code", "kind", "do"),
    [
        (403, "AccessDenied", Forbidden, "rds:DescribeDBInstances and rds:DescribeDBClusters"),
        (403, "ExpiredToken", Forbidden, "role"),
        (400, "Throttling", Throttled, "next attempt"),
        (503, "ServiceUnavailable", Unreachable, "next attempt"),
        (400, "SomethingNew", Misconfigured, "API reference"),
    ],
)
def test_a_refusal_is_told_by_its_code(
    ask: Callable[[], object], status: int, code: str, kind: type[RotationError], do: str
) -> None:
    events = clients.client("rds").meta.events
    events.register_first("before-send.rds", answering(status, code))
    with pytest.raises(kind) as caught:
        ask()
    assert type(caught.value) is kind
    assert code in caught.value.what
    assert "rds:Describe" in caught.value.what
    assert do in caught.value.do
    assert "canary" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_an_identifier_that_rds_does_not_take_is_not_found() -> None:
    events = clients.client("rds").meta.events
    events.register_first("before-send.rds", answering(400, "InvalidParameterValue"))
    assert not Rds().same_data(f"10.x.{PLACE}", f"1.x.{PLACE}")


@pytest.mark.parametrize("ask", ASKING)
def test_no_answer_says_which_route_to_check(
    ask: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_RDS", "http://127.0.0.1:1")
    forget()
    with pytest.raises(Unreachable, match="no answer from Amazon RDS") as caught:
        ask()
    assert "VPC" in caught.value.do
    assert "NAT" in caught.value.do


def test_no_region_is_a_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    forget()
    with pytest.raises(Misconfigured, match="NoRegion"):
        ASKING[0]()
