"""Which other service a request is for, and the answer: parsed, checked, performed, recorded.

Lambda speaks REST and JSON; the others JSON 1.1, as Secrets Manager does.
"""

import base64
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request as HttpRequest

from local.aws import functions, logs, parameters, trail
from local.secrets_manager import errors, model
from local.secrets_manager.journal import Call
from local.secrets_manager.responses import Http, fault_of, parse
from local.secrets_manager.state import Answer, Common, Request

_TARGETS = {"Logs_20140328": "logs", "CloudTrail_20131101": "cloudtrail", "AmazonSSM": "ssm"}
_FUNCTION = re.compile(r"/2015-03-31/functions/(?P<name>[^/]+)(?:/(?P<what>[a-z-]+))?")
_TAGS = re.compile(r"/2017-03-31/tags/(?P<arn>[^/]+)")
# What of Lambda's API is known by its path; the rest of it is not offered.
_REST = {
    ("GET", "configuration"): "GetFunctionConfiguration",
    ("GET", "policy"): "GetPolicy",
    ("POST", "policy"): "AddPermission",
    ("POST", "invocations"): "Invoke",
}
# Of these the body is a JSON document of the operation's members.
_WITH_MEMBERS = {"AddPermission"}
# What Invoke's headers say, and whether its answer tells of an error.
_HEADERS = {
    "InvocationType": "X-Amz-Invocation-Type",
    "LogType": "X-Amz-Log-Type",
    "ClientContext": "X-Amz-Client-Context",
    "DurableExecutionName": "X-Amz-Durable-Execution-Name",
    "TenantId": "X-Amz-Tenant-Id",
}
_FUNCTION_ERROR = "X-Amz-Function-Error"

Perform = Callable[[Common, str, Request], Answer]
_OFFERED: Mapping[str, Mapping[str, Perform]] = {
    "lambda": {
        "GetFunctionConfiguration": functions.get_function_configuration,
        "ListTags": functions.list_tags,
        "GetPolicy": functions.get_policy,
        "AddPermission": functions.add_permission,
        "Invoke": functions.invoke,
    },
    "logs": {"FilterLogEvents": logs.filter_log_events},
    "cloudtrail": {"LookupEvents": trail.lookup_events},
    "ssm": {"GetParameter": parameters.get_parameter},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """The service by its name in botocore, its operation, and what the address itself says."""

    service: str
    operation: str
    addressed: Mapping[str, str]


def asked(http: HttpRequest) -> Asked | None:
    """What is asked of another service; None if it is Secrets Manager's to answer."""
    if found := _FUNCTION.fullmatch(http.path):
        operation = _REST.get((http.method, found["what"]), "none")
        version = http.args.get("Qualifier")
        more = {"Qualifier": version} if version else {}
        if operation == "Invoke":
            given = {name: http.headers.get(header) for name, header in _HEADERS.items()}
            more |= {name: value for name, value in given.items() if value}
            more["Payload"] = base64.b64encode(http.get_data()).decode()
        return Asked("lambda", operation, {"FunctionName": unquote(found["name"]), **more})
    if http.method == "GET" and (found := _TAGS.fullmatch(http.path)):
        return Asked("lambda", "ListTags", {"Resource": unquote(found["arn"])})
    place, _, operation = http.headers.get("X-Amz-Target", "").rpartition(".")
    service = _TARGETS.get(place.rpartition(".")[2])
    return Asked(service, operation, {}) if service and http.method == "POST" else None


def respond(what: Asked, common: Common, region: str, http: HttpRequest) -> Http:
    """Status, headers and body; the call is recorded."""
    status, code = 200, None
    try:
        has_members = what.service != "lambda" or what.operation in _WITH_MEMBERS
        request = {**(parse(http) if has_members else {}), **what.addressed}
        answer: dict[str, Any] = _perform(what, common, region, request)
    except errors.Refusal as refusal:
        status, code, answer = _status(what, refusal), refusal.code, _told(refusal)
    except Exception as error:  # noqa: BLE001 a fault here must not end a connection silently
        fault = fault_of(what.operation, error)
        status, code, answer = 500, fault.code, _told(fault)
    common.journal.publish(Call(what.operation, None, common.clock.now(), code))
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": str(uuid.uuid4())}
    if code is not None:
        headers["x-amzn-ErrorType"] = code
    elif what.operation == "Invoke":
        if "FunctionError" in answer:
            headers[_FUNCTION_ERROR] = answer["FunctionError"]
        return status, headers, answer["Payload"]
    return status, headers, json.dumps(answer)


def _perform(what: Asked, common: Common, region: str, request: Request) -> Answer:
    common.settings.check(what.operation)
    if what.operation not in model.operations(what.service):
        raise errors.refusal("UnknownOperationException", "")
    perform = _OFFERED[what.service].get(what.operation)
    if perform is None:
        raise errors.not_offered(what.operation)
    return perform(common, region, model.check(what.operation, request, what.service))


def _status(what: Asked, refusal: errors.Refusal) -> int:
    """Of REST it says what went wrong; of JSON 1.1 it is always 400."""
    rest = {
        "ResourceNotFoundException": 404,
        "AccessDeniedException": 403,
        "ResourceConflictException": 409,
    }
    return rest.get(refusal.code, 400) if what.service == "lambda" else 400


def _told(refusal: errors.Refusal) -> dict[str, Any]:
    return {"__type": refusal.code, "message": refusal.message}
