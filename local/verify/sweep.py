"""What the referee has made, also in a run that was cut off: found by its names, and removed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from botocore.exceptions import ClientError

from local.verify import stack
from local.verify.place import Place

ROOT = "secret-rotators-verify"
RUN = r"[0-9a-f]{12}"
# Nothing that is not named exactly so is ever touched.
SECRET = re.compile(rf"{ROOT}/({RUN})/(?:canary|\d+-[0-9a-f]{{8}}(?:-notes)?)")
STACK = re.compile(rf"{ROOT}-({RUN})")


@dataclass
class Swept:
    """The names of what is gone, and of what could not be removed, with why."""

    gone: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def sweep(place: Place, *, every_run: bool = False) -> Swept:
    """Remove what this run has made, or what every run has.

    The function goes first: it could write to a secret that is going.
    """
    run = None if every_run else place.run_id
    swept = Swept()
    for name in _stacks(place, run):
        try:
            stack.remove(place, name)
        except stack.StackFailedError as error:
            swept.left.append(str(error))
        else:
            swept.gone.append(f"stack {name}")
    for region in (place.region, place.other_region):
        for name in _secrets(place, region, run):
            try:
                if _delete(place, region, name):
                    swept.gone.append(f"secret {name} in {region}")
            except ClientError as error:
                swept.left.append(f"secret {name} in {region}: {error}")
    return swept


def _stacks(place: Place, run: str | None) -> list[str]:
    """Those of the run that are not gone; none at an emulator without CloudFormation."""
    pages = place.client("cloudformation").get_paginator("describe_stacks").paginate()
    try:
        names = [item["StackName"] for page in pages for item in page["Stacks"]]
    except stack.NO_ANSWER:
        if place.kind == "aws":
            raise
        names = []
    return [name for name in names if _is_of(STACK, name, run)]


def _secrets(place: Place, region: str, run: str | None) -> Iterator[str]:
    """Those of the run, those scheduled for deletion included."""
    pages = place.client("secretsmanager", region).get_paginator("list_secrets")
    listed = pages.paginate(
        Filters=[{"Key": "name", "Values": [f"{ROOT}/"]}], IncludePlannedDeletion=True
    )
    names = {item["Name"] for page in listed for item in page["SecretList"]}
    if run is not None:  # AWS lists a secret some time after it is made
        names.add(stack.canary_name(place.prefix))
    yield from sorted(name for name in names if _is_of(SECRET, name, run))


def _is_of(pattern: re.Pattern[str], name: str, run: str | None) -> bool:
    match = pattern.fullmatch(name)
    return match is not None and run in (None, match[1])


def _delete(place: Place, region: str, name: str) -> bool:
    """At once, its replicas first; False for a replica, which goes with its primary."""
    client = place.client("secretsmanager", region)
    try:
        secret = client.describe_secret(SecretId=name)
        if secret.get("PrimaryRegion", region) != region:
            return False
        replicas = [each["Region"] for each in secret.get("ReplicationStatus", [])]
        if replicas:
            client.remove_regions_from_replication(SecretId=name, RemoveReplicaRegions=replicas)
        client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    except client.exceptions.ResourceNotFoundException:
        return False  # gone already: a list may be some time behind
    return True
