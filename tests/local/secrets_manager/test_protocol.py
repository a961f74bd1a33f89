"""Requests and answers as HTTP has them: what is no request, errors' bodies, request ids."""

import socket
import uuid
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local.secrets_manager.conftest import Running

ERROR_KEYS = [
    ("ResourceNotFoundException", "DescribeSecret", {"SecretId": "nobody"}, "Message"),
    ("ValidationException", "DescribeSecret", {}, "message"),
    ("SerializationException", "DescribeSecret", [], "message"),
]


@pytest.mark.parametrize(("code", "operation", "request_", "key"), ERROR_KEYS)
def test_an_error_of_the_model_has_a_message_in_capitals(
    running: Running, code: str, operation: str, request_: object, key: str
) -> None:
    reply = running.ask(operation, request_)
    assert (reply.status, reply.body["__type"]) == (400, code)
    assert reply.body.keys() == {"__type", key}
    assert reply.headers["Content-Type"] == "application/x-amz-json-1.1"


def test_every_answer_has_a_request_id_of_its_own(running: Running) -> None:
    replies = [
        running.ask("ListSecrets", {}),
        running.ask("DescribeSecret", {"SecretId": "nobody"}),
        running.ask("Nonsense", {}),
    ]
    ids = {str(uuid.UUID(reply.headers["x-amzn-RequestId"])) for reply in replies}
    assert len(ids) == len(replies)
    answer = running.client.list_secrets()
    assert str(uuid.UUID(answer["ResponseMetadata"]["RequestId"])) not in ids


def test_an_operation_without_an_answer_has_an_empty_body(running: Running, name: str) -> None:
    """As hashicorp/terraform-provider-aws issue 43073 has it of AWS."""
    running.client.create_secret(Name=name)
    tagged = running.ask("TagResource", {"SecretId": name, "Tags": [{"Key": "a", "Value": "b"}]})
    untagged = running.ask("UntagResource", {"SecretId": name, "TagKeys": ["a"]})
    for reply in (tagged, untagged):
        assert (reply.status, reply.body, reply.headers["Content-Length"]) == (200, {}, "0")


@pytest.mark.parametrize(
    "body", [b"{", b"\xff", b"[1]", b'"a"', b"[" * 100_000, b'{"MaxResults": NaN}', b"9" * 5000]
)
def test_what_is_no_json_object_is_refused(running: Running, body: bytes) -> None:
    reply = running.ask("ListSecrets", body)
    assert (reply.status, reply.body["__type"]) == (400, "SerializationException")


def test_a_caller_who_leaves_in_the_middle_is_no_fault_of_the_services(running: Running) -> None:
    before = len(running.service.calls)
    address = urlsplit(running.service.endpoint)
    with socket.create_connection((address.hostname, address.port)) as caller:
        caller.sendall(
            b"POST / HTTP/1.1\r\nHost: here\r\nX-Amz-Target: secretsmanager.RestoreSecret\r\n"
            b'Content-Length: 100\r\n\r\n{"SecretId":'
        )
    running.service.wait_for(lambda: len(running.service.calls) > before)
    left = running.service.calls[-1]
    assert (left.operation, left.error) == ("RestoreSecret", "SerializationException")


@pytest.mark.parametrize("target", ["Nonsense", "", "ListSecrets.", "list_secrets"])
def test_an_operation_that_the_api_has_not_is_unknown(running: Running, target: str) -> None:
    reply = running.ask(target, {})
    assert (reply.status, reply.body["__type"]) == (400, "UnknownOperationException")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "DynamoDB_20120810.ListSecrets"),
        ("POST", "ListSecrets"),
        ("GET", "secretsmanager.ListSecrets"),
        ("PUT", "secretsmanager.ListSecrets"),
    ],
)
def test_what_is_not_posted_to_this_service_is_unknown_to_it(
    running: Running, method: str, target: str
) -> None:
    answer = running.http.request(
        method, running.service.endpoint, headers={"X-Amz-Target": target}, body=b"{}"
    )
    assert (answer.status, answer.json()["__type"]) == (400, "UnknownOperationException")


def test_a_body_in_chunks_that_are_none_is_no_json(running: Running) -> None:
    address = urlsplit(running.service.endpoint)
    with socket.create_connection((address.hostname, address.port)) as caller:
        caller.sendall(
            b"POST / HTTP/1.1\r\nHost: here\r\nX-Amz-Target: secretsmanager.ListSecrets\r\n"
            b"Transfer-Encoding: chunked\r\n\r\nno number\r\n{}\r\n"
        )
        assert caller.recv(12) == b"HTTP/1.1 400"


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("CreateSecret", "InvalidRequestException"),
        ("UpdateSecret", "InvalidRequestException"),
        ("PutSecretValue", "InvalidRequestException"),
        ("RotateSecret", "InvalidParameterException"),
    ],
)
def test_without_an_sdk_the_token_has_to_be_given(
    running: Running, name: str, operation: str, code: str
) -> None:
    """As LocalStack recorded it: test_no_client_request_token."""
    request: dict[str, Any] = {"SecretString": "thisisthesecret", "SecretId": name}
    if operation == "CreateSecret":
        request = {"SecretString": "thisisthesecret", "Name": name}
    else:
        running.client.create_secret(Name=name, SecretString="a")
    reply = running.ask(operation, request)
    assert (reply.status, reply.body) == (
        400,
        {
            "__type": code,
            "Message": (
                "You must provide a ClientRequestToken value. We recommend a UUID-type value."
            ),
        },
    )


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("CreateSecret", {"Type": "MongoDBAtlas"}),
        ("CreateSecret", {"CrossAccountPrimaryARN": "arn:aws:secretsmanager:us-east-1:2:secret:a"}),
        ("UpdateSecret", {"Type": "MongoDBAtlas"}),
        ("RotateSecret", {"ExternalSecretRotationRoleArn": "arn:aws:iam::123456789012:role/a"}),
        ("RotateSecret", {"ExternalSecretRotationMetadata": [{"Key": "a", "Value": "b"}]}),
        ("AssociateCrossAccountReplica", {"CrossAccountReplicaARN": "arn:aws:secretsmanager:a"}),
    ],
)
def test_what_is_not_offered_is_refused_and_not_dropped(
    running: Running, name: str, operation: str, more: dict[str, Any]
) -> None:
    request = {"Name": name, "SecretId": name, "ClientRequestToken": "t" * 32, **more}
    reply = running.ask(operation, request)
    assert (reply.status, reply.body["__type"]) == (400, "InvalidParameterException")
    assert reply.body["Message"].endswith("not offered here.")
    assert name not in [item["Name"] for item in running.client.list_secrets()["SecretList"]]
