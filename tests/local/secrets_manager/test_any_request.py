"""Whatever a caller sends, the service answers it, or refuses it as AWS would: never HTTP 500.

Requests are made from the API's own model: right, mistyped, missing, oversized and odd members.
"""

import base64
import json
from typing import Any

import botocore.session
import pytest
from botocore.model import ListShape, Shape, StructureShape
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.functions.home import ARN_PREFIX
from tests.local.secrets_manager.conftest import Running

MODEL = botocore.session.Session().get_service_model("secretsmanager")
CODES = {shape.name for shape in MODEL.error_shapes} | {
    "AccessDeniedException",
    "SerializationException",
    "ValidationException",
}
FAULTS = {"InternalServiceError"}
# In every sensitive member, so that an error which repeats one is seen to.
SENSITIVE = "hide-this-value"
ENCODED = base64.b64encode(SENSITIVE.encode()).decode()
KNOWN = "known/secret"
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["\ud800", "x" * 70_000, "nul\0", "arn:aws:secretsmanager:::", "=" * 40]),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3)), max_size=3),
    st.dictionaries(st.sampled_from(["Key", "Values", "a"]), st.integers(), max_size=2),
)


def right(shape: Shape, name: str) -> st.SearchStrategy[Any]:
    """Values that the model allows, or nearly so."""
    if isinstance(shape, StructureShape):
        return members(shape)
    if isinstance(shape, ListShape):
        return st.lists(right(shape.member, name), max_size=3)
    if shape.type_name in ("integer", "long"):
        return st.integers(0, 40)
    return st.booleans() if shape.type_name == "boolean" else right_text(shape, name)


def right_text(shape: Shape, name: str) -> st.SearchStrategy[str]:
    """A text or a blob."""
    rules = shape.metadata
    if rules.get("sensitive"):
        value = SENSITIVE * 3
        return st.just(ENCODED if shape.type_name == "blob" else value)
    if name in ("SecretId", "Name"):
        return st.sampled_from([KNOWN, "another", "nobody"])
    if name == "RotationLambdaARN":
        return st.just(ARN_PREFIX + "Nothing")
    texts = rules.get("enum") or ["a", "AWSCURRENT", "rate(4 hours)", "4h", "{}"]
    return st.sampled_from(texts).map(lambda text: text.ljust(rules.get("min", 0), "b"))


def members(shape: StructureShape) -> st.SearchStrategy[dict[str, Any]]:
    """The structure with any of its members, most of them right, and one nobody knows."""
    allowed = {
        name: st.one_of(*[right(member, name)] * 6, ODD) for name, member in shape.members.items()
    }
    return st.fixed_dictionaries({}, optional={**allowed, "Unknown": ODD})


@pytest.fixture(autouse=True)
def known(running: Running) -> None:
    """A secret with a value, which the operation before this may have deleted."""
    running.ask("DeleteSecret", {"SecretId": KNOWN, "ForceDeleteWithoutRecovery": True})
    running.client.create_secret(Name=KNOWN, SecretString=SENSITIVE)


@pytest.mark.parametrize("operation", MODEL.operation_names)
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_request_is_answered_or_refused_in_the_apis_own_terms(
    running: Running, operation: str, data: st.DataObject
) -> None:
    shape = MODEL.operation_model(operation).input_shape
    assert shape is not None
    request = data.draw(st.one_of(members(shape), members(shape), members(shape), ODD))
    reply = running.ask(operation, json.dumps(request).encode())
    if reply.status == 200:
        return
    assert reply.status == 400
    assert reply.body["__type"] in CODES - FAULTS
    assert SENSITIVE not in json.dumps(reply.body)
    assert ENCODED not in json.dumps(reply.body)
