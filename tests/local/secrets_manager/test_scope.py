"""No operation and no parameter of the API is dropped in silence."""

import re
from pathlib import Path

import botocore.session

from local import secrets_manager
from tests.local.secrets_manager.conftest import Running

MODEL = botocore.session.Session().get_service_model("secretsmanager")
NOT_OFFERED = {"AssociateCrossAccountReplica", "DisassociateCrossAccountReplica"}


def test_every_operation_is_offered_but_for_replicas_in_other_accounts(running: Running) -> None:
    request = {"SecretId": "nobody", "CrossAccountReplicaARN": "arn:aws:secretsmanager:"}
    messages = {
        operation: running.ask(operation, request).body.get("Message", "")
        for operation in MODEL.operation_names
    }
    refused = {name for name, message in messages.items() if "not offered" in message}
    assert refused == NOT_OFFERED


def test_every_parameter_is_read_or_refused_by_name() -> None:
    """A parameter that a new botocore brings has to be thought about."""
    folder = Path(secrets_manager.__file__).parent
    sources = "\n".join(path.read_text() for path in folder.rglob("*.py"))
    named = set(re.findall(r'"([A-Za-z]+)"', sources))
    for operation in set(MODEL.operation_names) - NOT_OFFERED:
        shape = MODEL.operation_model(operation).input_shape
        assert shape is not None
        assert shape.members.keys() <= named, operation
