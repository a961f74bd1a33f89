"""The functions of a stack of ours, as its parameters in Systems Manager say them."""

from rotctl.aws.session import Aws
from rotctl.trouble import Trouble

_ENDS = "Arn"  # /secret-rotators/PostgresSingleUserArn


def functions_of(aws: Aws, stack: str) -> dict[str, str]:
    """The ARN of each function by the template's name of it; raises Trouble where there is none."""
    path = f"/{stack}"
    found = {}
    for page in aws.pages("ssm", "get_parameters_by_path", Path=path):
        for each in page["Parameters"]:
            name = str(each["Name"]).removeprefix(f"{path}/")
            if name.endswith(_ENDS):
                found[name.removesuffix(_ENDS)] = str(each["Value"])
    if not found:
        raise Trouble(
            f"no function of a stack {stack!r} is known: Systems Manager has nothing under {path}/",
            do="give the stack's name by --to; `aws cloudformation list-stacks` has them",
        )
    return found
