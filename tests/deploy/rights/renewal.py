"""What a renewal calls: the machine's tests see that it does, the roles' that they allow it."""

RENEWAL = {
    *("ecs:DescribeServices", "ecs:UpdateService"),
    *("lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"),
    *("states:ListExecutions", "tag:GetResources"),
}
_PREFIXES = {"resourcegroupstaggingapi": "tag", "stepfunctions": "states"}


def as_iam_calls(noted: str) -> str:
    """A right's name, of `service:Operation` by the SDK's name of the service."""
    service, _, operation = noted.partition(":")
    return f"{_PREFIXES.get(service, service)}:{operation}"
