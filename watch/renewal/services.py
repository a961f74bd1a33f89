"""ECS services: a new deployment starts new tasks, and each of them is given the secret anew.

A deployment takes the place of the one before as the service's own settings say. Sources: Amazon
ECS API reference, UpdateService, Deployment; developer guide, "Service event messages".
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Missing, Trouble
from watch.renewal.standing import Standing, State

TYPE = "ecs:service"
# A rollback is a deployment too, newer than the one that failed, and keeps the tasks of before. Its
# rolloutStateReason says so until it completes, and an event after that; both name its own id.
_ROLLED_BACK = "rolling back to deployment"
_EVENTS = "'services[].events[:9].message'"


def label(arn: str) -> str:
    """As messages call it; a tagged service has the long form of an ARN, with its cluster."""
    cluster, name = _parts(arn)
    return f"service {cluster}/{name}"


def standing(aws: Aws, arn: str, fresh: datetime, start: str = "") -> Standing:
    """By its newest deployment, which counts if it began at `fresh` or later.

    One that has taken the place of `start`, the id of another, counts while that has not failed.

    Raises Trouble, also where ECS does not make its deployments.
    """
    cluster, name = _parts(arn)
    try:
        answer = aws.call("ecs", "describe_services", cluster=cluster, services=[name])
    except Missing:  # the cluster
        return Standing(State.GONE)
    found = _found(answer)
    if found is None or found["status"] != "ACTIVE":
        return Standing(State.GONE)
    controller = found.get("deploymentController", {}).get("type", "ECS")
    if controller != "ECS":
        raise Trouble(
            f"its deployments are made by {controller}, which UpdateService cannot begin",
            do=f"take its tag off, and have {controller} deploy it after a rotation",
        )
    if not any(found[each] for each in ("desiredCount", "runningCount", "pendingCount")):
        return Standing(State.RENEWED)  # the next task that starts is given the secret as it is
    look = f"aws ecs describe-services --cluster {cluster} --services {name}"
    do = f"mend what its events tell: {look} --query {_EVENTS}"
    primary = _newest(found)
    if primary is None or primary["createdAt"] < fresh:
        return Standing(State.OLD, "its newest deployment is one of before the rotation again", do)
    if start not in {"", primary["id"]} and _has_failed(start, found):
        why = "its new deployment failed or is gone, and another has taken its place"
        return Standing(State.FAILED, why, do)
    return _of(primary, found, do)


def begin(aws: Aws, arn: str) -> str:
    """Begin a new deployment of the same task definition, and give its id; raises Trouble."""
    cluster, name = _parts(arn)
    answer = aws.call(
        "ecs", "update_service", cluster=cluster, service=name, forceNewDeployment=True
    )
    primary = _newest(answer["service"])
    return "" if primary is None else str(primary["id"])


def _newest(service: Mapping[str, Any]) -> Mapping[str, Any] | None:
    deployments: list[Mapping[str, Any]] = service["deployments"]
    return next((each for each in deployments if each["status"] == "PRIMARY"), None)


def _has_failed(deployment: str, service: Mapping[str, Any]) -> bool:
    """Also where it is gone: what was taken back, by whatever, is there for a while and then not.

    One that a newer deployment replaces goes on draining, for longer than from one look to the
    next.
    """
    found = [each for each in service["deployments"] if each["id"] == deployment]
    return not found or found[0].get("rolloutState") == "FAILED"


def _found(answer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The service, or None if it is not there; raises Trouble for one that ECS does not show."""
    services: list[Mapping[str, Any]] = answer["services"]
    if services:
        return services[0]
    reasons = {str(each.get("reason")) for each in answer.get("failures", ())}
    if reasons == {"MISSING"}:  # the one that the developer guide has of it, "API failure reasons"
        return None
    raise Trouble(
        f"ECS DescribeServices does not show it ({', '.join(sorted(reasons)) or 'no reason'})",
        do='look the reason up in the ECS developer guide, "API failure reasons"',
    )


def _of(primary: Mapping[str, Any], service: Mapping[str, Any], do: str) -> Standing:
    """Of a deployment that began since the rotation."""
    to_it = re.compile(rf"{_ROLLED_BACK}(?:Id)? {re.escape(primary['id'])}\b")
    told = (each["message"] for each in service.get("events", ()))
    if any(map(to_it.search, (primary.get("rolloutStateReason", ""), *told))):
        return Standing(State.FAILED, "its new deployment failed, and ECS has rolled it back", do)
    # A service behind a Classic Load Balancer has no rolloutState.
    rollout = primary.get("rolloutState") or _counted(primary, service)
    if rollout == "FAILED":
        return Standing(State.FAILED, "its new deployment failed", do)
    return Standing(
        State.RENEWED if rollout == "COMPLETED" else State.UNDER_WAY,
        f"{primary['runningCount']} of {primary['desiredCount']} of its new tasks run",
        do,
        start=primary["id"],
        since=primary["createdAt"],
    )


def _counted(primary: Mapping[str, Any], service: Mapping[str, Any]) -> str:
    """Complete when its tasks run and those of no other deployment."""
    whole = primary["runningCount"] >= primary["desiredCount"]
    return "COMPLETED" if whole and len(service["deployments"]) == 1 else "IN_PROGRESS"


def _parts(arn: str) -> tuple[str, str]:
    """(cluster, name) of arn:aws:ecs:REGION:ACCOUNT:service/CLUSTER/NAME."""
    _, cluster, name = arn.split("/")
    return cluster, name
