"""Systems Manager's GetParameter, of the parameters that a stack of the template makes.

Source: AWS Systems Manager API reference, GetParameter. The stack has samconfig.toml's name.
"""

import re

from local.aws.functions import described
from local.functions.home import ARN_PREFIX
from local.secrets_manager import errors
from local.secrets_manager.arn import in_region
from local.secrets_manager.state import Answer, Common, Request

_ARN = re.compile(r"/secret-rotators/([A-Za-z0-9]+)Arn")


def get_parameter(common: Common, region: str, request: Request) -> Answer:
    """The ARN of a function that is here; raises ParameterNotFound."""
    found = _ARN.fullmatch(request["Name"])
    if not found or described(common).configuration(found[1]) is None:
        raise errors.refusal("ParameterNotFound", "")
    arn = in_region(ARN_PREFIX + found[1], region)
    return {"Parameter": {"Name": request["Name"], "Type": "String", "Value": arn, "Version": 1}}
