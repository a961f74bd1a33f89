"""What is looked at before a function is attached to a secret: both, and whether they may meet.

Whether the function's role may read the secret (SecretPrefixes and SecretTagValue of the template)
cannot be seen without rights to IAM: testSecret tells it.
"""

from dataclasses import dataclass

from rotctl.aws import permission
from rotctl.aws.functions import Function, Functions, Sight
from rotctl.aws.permission import Permission
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.state.starting import check_kept
from rotctl.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Attachable:
    """A function that is there, and who may invoke it; unseen: the rights lacking to see both."""

    arn: str
    function: Function
    permission: Permission
    unseen: tuple[str, ...]


def attachable(aws: Aws, arn: str) -> Attachable:
    """The function with this ARN; raises Trouble where there is none."""
    function = Functions(aws)[arn]
    if function.sight is Sight.GONE:
        raise Trouble(
            f"there is no function {function.name or arn!r}",
            do="give the ARN that is in the stack's outputs; see docs/deploying.md",
        )
    policy = permission.of_function(aws, arn)
    unseen = []
    if function.sight is Sight.HIDDEN:
        unseen.append("lambda:GetFunctionConfiguration")
    if policy.statements is None:
        unseen.append(permission.RIGHT)
    return Attachable(arn, function, policy, tuple(unseen))


def check(secret: Secret, to: Attachable) -> None:
    """Raise Trouble for a secret to which the function cannot be attached."""
    check_kept(secret)
    name = secret.name
    if secret.owner:
        raise Trouble(
            f"{name!r} belongs to the service {secret.owner}, which rotates it",
            do="leave it to that service",
        )
    if secret.primary:
        raise Trouble(
            f"{name!r} is a replica of the secret in {secret.primary}",
            do=f"attach it there, with --region {secret.primary}",
        )
    if labels.pending(secret.labels) is not None:
        raise Trouble(
            f"a rotation of {name!r} has not ended", do=f"see `rotctl status --prefix {name}`"
        )
    if secret.enabled and secret.function != to.arn:
        raise Trouble(
            f"rotation of {name!r} is on already, with {secret.function}",
            do="to move it to another function is `rotctl adopt`'s work",
        )
    if to.permission.lets_invoke(secret.arn) is False:
        raise Trouble(
            f"Secrets Manager may not invoke {to.function.name} for {name!r}",
            do=f"let it: {permission.grant(to.arn, secret.arn)}",
        )
