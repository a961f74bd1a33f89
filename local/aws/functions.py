"""Lambda's view of functions: configuration, tags, resource policies; and how one is invoked.

Source: AWS Lambda API reference, under the operations' names. What the home does not know, such as
the role, is left out.
"""

import base64
import json

from local.functions import permissions
from local.functions.home import ARN_PREFIX, Described, FunctionError, name_of
from local.secrets_manager import errors
from local.secrets_manager.arn import in_region
from local.secrets_manager.state import Answer, Common, Request


def get_function_configuration(common: Common, region: str, request: Request) -> Answer:
    """The function's, by its name or its ARN; raises ResourceNotFoundException."""
    if "Qualifier" in request:
        raise errors.not_offered("Qualifier")
    name = name_of(request["FunctionName"])
    arn = in_region(ARN_PREFIX + name, region)
    found = described(common).configuration(name)
    if found is None:
        raise errors.refusal("ResourceNotFoundException", f"Function not found: {arn}")
    # Lambda's answer has no Environment for a function without variables.
    variables = {"Environment": {"Variables": dict(found.environment)}} if found.environment else {}
    return {
        **variables,
        "FunctionName": name,
        "FunctionArn": arn,
        "Handler": found.handler,
        "Timeout": found.timeout,
        "MemorySize": found.memory,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "State": "Active",
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"{GROUPS}{name}"},
        **({"Runtime": found.runtime} if found.runtime else {}),
        **({"VpcConfig": dict(found.network)} if found.network else {}),
    }


def list_tags(common: Common, _region: str, request: Request) -> Answer:
    """The function's, by its ARN; raises ResourceNotFoundException."""
    arn = request["Resource"]
    found = described(common).configuration(name_of(arn))
    if found is None:
        raise errors.refusal("ResourceNotFoundException", f"Function not found: {arn}")
    return {"Tags": dict(found.tags)}


def get_policy(common: Common, region: str, request: Request) -> Answer:
    """The function's resource policy; raises ResourceNotFoundException where it has none."""
    name, arn = _found(common, region, request)
    statements = common.permissions.of(name)
    if not statements:
        raise errors.refusal(
            "ResourceNotFoundException", "The resource you requested does not exist."
        )
    return {"Policy": permissions.policy(statements, arn)}


def add_permission(common: Common, region: str, request: Request) -> Answer:
    """Let a service invoke the function; raises ResourceConflictException for a Sid in use."""
    for name in request.keys() - _PERMISSION:
        raise errors.not_offered(name)
    name, arn = _found(common, region, request)
    statements = common.permissions.of(name)
    sid = request["StatementId"]
    if any(each["Sid"] == sid for each in statements):
        raise errors.refusal(
            "ResourceConflictException", f"The statement id ({sid}) already exists."
        )
    added = permissions.statement(sid, request)
    statements.append(added)
    return {"Statement": json.dumps({**added, "Resource": arn})}


_PERMISSION = {
    "FunctionName", "StatementId", "Action", "Principal", "SourceAccount", "SourceArn",
}  # fmt: skip


def _found(common: Common, region: str, request: Request) -> tuple[str, str]:
    """The function's name and ARN; raises ResourceNotFoundException."""
    answer = get_function_configuration(common, region, request)
    return answer["FunctionName"], answer["FunctionArn"]


def invoke(common: Common, region: str, request: Request) -> Answer:
    """Run the function to its end: `Payload` is its answer in JSON, or its error's.

    Raises ResourceNotFoundException. Offered is the type RequestResponse alone, without a log.
    """
    for name in ("Qualifier", "ClientContext", "LogType", "DurableExecutionName", "TenantId"):
        if name in request:
            raise errors.not_offered(name)
    if request.get("InvocationType", "RequestResponse") != "RequestResponse":
        raise errors.not_offered(request["InvocationType"])
    try:
        event = json.loads(base64.b64decode(request.get("Payload", "")) or b"{}")
    except ValueError:
        raise errors.refusal(
            "InvalidRequestContentException", "Could not parse request body into json"
        ) from None
    _found(common, region, request)
    try:
        return {"Payload": json.dumps(common.home.invoke(request["FunctionName"], event))}
    except FunctionError as error:
        failure = {"errorMessage": error.message, "errorType": error.type}
        return {"FunctionError": "Unhandled", "Payload": json.dumps(failure)}


# Where Lambda writes by itself; the template gives its functions groups of their own.
GROUPS = "/aws/lambda/"


def described(common: Common) -> Described:
    """The functions' home, if it can say what it has; a foreign Lambda endpoint cannot."""
    if not isinstance(common.home, Described):
        raise errors.not_offered("what is known of functions in this home")
    return common.home
