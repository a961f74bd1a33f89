"""Which function a person means: by its ARN, its name, or the name that the template has for it."""

from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Missing, Trouble

STACK = "secret-rotators"  # as samconfig.toml calls it


def function_arn(aws: Aws, given: str, stack: str = STACK) -> str:
    """The ARN of the function; raises Trouble.

    The stack keeps it in a parameter of Systems Manager, which takes a right to that one alone;
    ListFunctions and ListExports would take one to all of them.
    """
    if given.startswith("arn:"):
        return given
    parameter, denied = f"/{stack}/{given}Arn", []
    try:
        answer = aws.call("ssm", "get_parameter", Name=parameter)
        return str(answer["Parameter"]["Value"])
    except Missing:
        pass
    except Denied:
        denied.append("ssm:GetParameter")
    try:
        answer = aws.call("lambda", "get_function_configuration", FunctionName=given)
        return str(answer["FunctionArn"])
    except Missing:
        pass
    except Denied:
        denied.append("lambda:GetFunctionConfiguration")
    lack = f" (you lack the right {' and '.join(denied)})" if denied else ""
    raise Trouble(
        f"no function {given!r} is found, nor the parameter {parameter!r} of the stack{lack}",
        do="give its ARN, which is in the stack's outputs, or the stack's name with --stack",
    )
