"""The rotation function as AWS describes it: whether it is there, and who may invoke it."""

from rotctl.aws.functions import Function, Sight
from rotctl.aws.permission import RIGHT, Permission, grant
from rotctl.aws.secrets import Secret
from rotctl.links.check import Check, Health, Link

_ANOTHERS = "arn:aws:secretsmanager:us-east-1:000000000000:secret:x-abcdef"


def of_function(secret: Secret, function: Function) -> Check:
    """Whether Lambda has it, and can run it."""
    if function.sight is Sight.GONE:
        return Check(
            *(Link.FUNCTION, Health.BROKEN, f"{function.name} is gone"),
            "deploy it again, or attach another: `aws secretsmanager rotate-secret"
            f" --secret-id {secret.name} --rotation-lambda-arn ARN`",
        )
    if function.sight is Sight.HIDDEN:
        what = f"{function.name}: you lack the right lambda:GetFunctionConfiguration"
        return Check(Link.FUNCTION, Health.UNKNOWN, what)
    if function.fault or function.not_updated:
        health = Health.BROKEN if function.fault else Health.WARNING
        what = f"{function.name}: {function.fault or function.not_updated}"
        do = "deploy it again; `aws lambda get-function-configuration` has the reason"
        return Check(Link.FUNCTION, health, what, do)
    runtime = f", {function.runtime}" if function.runtime else ""
    seconds = f", a step may take {function.timeout} seconds"
    return Check(Link.FUNCTION, Health.OK, f"{function.name}, {function.target}{runtime}{seconds}")


def of_policy(secret: Secret, function: Function, permission: Permission) -> Check:
    """Whether Secrets Manager may invoke it, and for whose secrets."""
    lets = permission.lets_invoke(secret.arn)
    if permission.statements is None:
        return Check(Link.POLICY, Health.UNKNOWN, f"you lack the right {RIGHT}")
    if lets is None:
        what = f"the policy of {function.name} has conditions that are not understood here"
        return Check(Link.POLICY, Health.UNKNOWN, what)
    if not lets:
        what = f"Secrets Manager may not invoke {function.name}"
        do = f"let it: {grant(secret.function, secret.arn)}"
        return Check(Link.POLICY, Health.BROKEN, what, do)
    if permission.lets_invoke(_ANOTHERS):
        what = f"secrets of any account may have {function.name} invoked"
        return Check(Link.POLICY, Health.WARNING, what, "add aws:SourceAccount to the permission")
    return Check(Link.POLICY, Health.OK, "Secrets Manager may invoke it, for your account alone")


def of_role(function: Function, denied: list[Check]) -> Check:
    """Its role: what AWS denied it is known by the function's own answer."""
    role = function.role or "its role"
    if denied:
        return Check(Link.ROLE, Health.BROKEN, f"{role}: {denied[0].what}", denied[0].do)
    return Check(Link.ROLE, Health.OK, f"AWS denied {role} nothing that was asked for")
