"""The rotation function as AWS describes it: whether it is there, and who may invoke it."""

from rotctl.aws.functions import Function, Sight
from rotctl.aws.policies import SERVICE, Policy
from rotctl.aws.secrets import Secret
from rotctl.links.check import Check, Health, Link


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
    if function.fault:
        do = "deploy it again; `aws lambda get-function-configuration` has the reason"
        return Check(Link.FUNCTION, Health.BROKEN, f"{function.name}: {function.fault}", do)
    runtime = f", {function.runtime}" if function.runtime else ""
    seconds = f", a step may take {function.timeout} seconds"
    return Check(Link.FUNCTION, Health.OK, f"{function.name}, {function.target}{runtime}{seconds}")


def of_policy(secret: Secret, function: Function, policy: Policy) -> Check:
    """Whether Secrets Manager may invoke it, and for whose secrets."""
    if policy.unseen:
        return Check(Link.POLICY, Health.UNKNOWN, policy.unseen)
    account = secret.arn.split(":")[4]
    permit = (
        f"`aws lambda add-permission --function-name {function.name} --statement-id rotation"
        f" --action lambda:InvokeFunction --principal {SERVICE} --source-account {account}`"
    )
    if not policy.lets:
        what = f"Secrets Manager may not invoke {function.name}"
        return Check(Link.POLICY, Health.BROKEN, what, f"let it: {permit}")
    if not policy.narrow:
        what = f"secrets of any account may have {function.name} invoked"
        return Check(Link.POLICY, Health.WARNING, what, "add aws:SourceAccount to the permission")
    return Check(Link.POLICY, Health.OK, "Secrets Manager may invoke it, for its account alone")


def of_role(function: Function, denied: list[Check]) -> Check:
    """Its role: what AWS denied it is known by the function's own answer."""
    role = function.role or "its role"
    if denied:
        return Check(Link.ROLE, Health.BROKEN, f"{role}: {denied[0].what}", denied[0].do)
    return Check(Link.ROLE, Health.OK, f"AWS denied {role} nothing that was asked for")
