"""Systems Manager's GetParametersByPath, over the parameters in the service's settings.

Source: AWS Systems Manager API reference, GetParametersByPath.
"""

from local.secrets_manager import errors
from local.secrets_manager.operations.paging import page
from local.secrets_manager.state import ACCOUNT, Answer, Common, Request

_MAX_PARAMETERS = 10
_NOT_OFFERED = ("ParameterFilters", "WithDecryption")


def get_parameters_by_path(common: Common, region: str, request: Request) -> Answer:
    """Those right below the path, by name; none if there is nothing there."""
    for name in _NOT_OFFERED:
        if request.get(name):
            raise errors.not_offered(name)
    path = request["Path"].rstrip("/") + "/"
    names = sorted(each for each in common.settings.parameters if each.startswith(path))
    if not request.get("Recursive"):
        names = [each for each in names if "/" not in each.removeprefix(path)]
    try:
        shown, more = page(names, request, "GetParametersByPath", _MAX_PARAMETERS)
    except errors.Refusal:
        raise errors.refusal("InvalidNextToken", "The specified token is not valid.") from None
    given = common.settings.parameters
    return {"Parameters": [_parameter(name, given[name], region) for name in shown], **more}


def _parameter(name: str, value: str, region: str) -> dict[str, object]:
    arn = f"arn:aws:ssm:{region}:{ACCOUNT}:parameter{name}"
    kept = {"Name": name, "Type": "String", "Value": value, "ARN": arn}
    return {**kept, "Version": 1, "DataType": "text"}
