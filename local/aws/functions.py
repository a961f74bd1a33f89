"""Lambda's GetFunctionConfiguration: what the functions' home says of them, and no more.

Source: AWS Lambda API reference, GetFunctionConfiguration. What the home does not know, such as the
role, is left out.
"""

from local.functions.home import ARN_PREFIX, Described, name_of
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
    }


# Where Lambda writes by itself; the template gives its functions groups of their own.
GROUPS = "/aws/lambda/"


def described(common: Common) -> Described:
    """The functions' home, if it can say what it has; a foreign Lambda endpoint cannot."""
    if not isinstance(common.home, Described):
        raise errors.not_offered("what is known of functions in this home")
    return common.home
