"""One HTTP request and its answer, in AWS's JSON 1.1 protocol: parse, check, lock, perform, record.

An error that the service's own model has carries `Message` (recorded on AWS: LocalStack's
test_no_client_request_token has the raw body); one common to all of AWS, `message` (chosen).
"""

import json
import logging
import traceback
import uuid
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from werkzeug.exceptions import ClientDisconnected
from werkzeug.wrappers import Request as HttpRequest

from local.secrets_manager import errors, model, scope
from local.secrets_manager.journal import Call
from local.secrets_manager.state import Answer, Request, ServiceState

_log = logging.getLogger(__name__)

Operation = Callable[[Request], Answer]
Http = tuple[int, dict[str, str], str]


def respond(state: ServiceState, operations: Mapping[str, Operation], http: HttpRequest) -> Http:
    """Status, headers and body for the request; the call is recorded, never its values."""
    name = _operation(http)
    request: dict[str, Any] = {}
    status, code = 200, None
    try:
        request.update(parse(http))
        answer = _perform(state, operations, name, request)
        body = json.dumps(answer) if model.has_output(name) else ""
    except errors.Refusal as refusal:
        status, code, body = 400, refusal.code, _body(refusal)
    except Exception as error:  # noqa: BLE001 a fault here must not end a connection silently
        fault = fault_of(name, error)
        status, code, body = 500, fault.code, _body(fault)
    named = request.get("SecretId") or request.get("Name")
    secret_id = named if isinstance(named, str) else None
    state.journal.publish(Call(name, secret_id, state.clock.now(), code))
    return status, _headers(), body


def fault_of(name: str, error: Exception) -> errors.Refusal:
    """What the caller is told of a defect in the operation of this name, whose place is logged."""
    # An exception's text may quote the request: its type and place must do.
    place = "".join(traceback.format_tb(error.__traceback__))
    _log.error("%s failed: %s\n%s", name, type(error).__name__, place)
    return errors.refusal("InternalServiceError", "An error occurred on the server side.")


def _operation(http: HttpRequest) -> str:
    """The operation that is asked of this service; "none" where it is of another's or by GET."""
    service, _, name = http.headers.get("X-Amz-Target", "").rpartition(".")
    return name if service == "secretsmanager" and http.method == "POST" and name else "none"


def _perform(
    state: ServiceState, operations: Mapping[str, Operation], name: str, request: Request
) -> Answer:
    if name not in model.operations():
        raise errors.refusal("UnknownOperationException", "")
    state.settings.check(name)
    checked = model.check(name, request)
    scope.check(name, checked)
    perform = operations.get(name)
    if perform is None:
        raise errors.not_offered(name)
    with state.hold_lock():
        return perform(checked)


def parse(http: HttpRequest) -> dict[str, Any]:
    """The request, a JSON object; raises SerializationException, also if the caller left.

    OSError: a body whose chunks are none.
    """
    try:
        request = json.loads(http.get_data() or b"{}", parse_constant=_refuse_constant)
    except (ValueError, RecursionError, OSError, ClientDisconnected):
        raise errors.refusal("SerializationException", "The request is not JSON.") from None
    if not isinstance(request, dict):
        raise errors.refusal("SerializationException", "The request is not a JSON object.")
    return request


def _refuse_constant(_name: str) -> NoReturn:
    """NaN and Infinity are Python's, and no JSON."""
    raise ValueError("no JSON")


def _body(refusal: errors.Refusal) -> str:
    key = "Message" if refusal.code in model.error_codes() else "message"
    return json.dumps({"__type": refusal.code, key: refusal.message})


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
