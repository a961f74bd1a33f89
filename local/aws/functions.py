"""Lambda's GetFunctionConfiguration and Invoke: what the functions' home says, and no more.

Source: AWS Lambda API reference. What the home does not know, such as the role, is left out.
"""

import base64
import json

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
    return {
        "FunctionName": name,
        "FunctionArn": arn,
        "Handler": found.handler,
        "Timeout": found.timeout,
        "MemorySize": found.memory,
        "Version": "$LATEST",
        "PackageType": "Zip",
        "State": "Active",
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": f"{GROUPS}{name}"},
    }


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
    name = name_of(request["FunctionName"])
    if described(common).configuration(name) is None:
        arn = in_region(ARN_PREFIX + name, region)
        raise errors.refusal("ResourceNotFoundException", f"Function not found: {arn}")
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
