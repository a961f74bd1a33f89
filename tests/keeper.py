"""The keeper of an admin's secret, who allows one rotation a reset."""

from collections.abc import Mapping
from typing import Any

from local.functions.home import LambdaContext
from tests.lab import Event, LabSecret


def offered(secret: LabSecret) -> dict[str, str]:
    """What the function says of the reset that would be."""
    context = LambdaContext(function_name=secret.function, timeout=60, memory_limit_in_mb="256")
    handler = secret.lab.functions.handler(secret.function)
    answer: Any = handler({"Step": "diagnose", "SecretId": secret.arn}, context)
    return dict(answer["reset"])


def allow(secret: LabSecret, event: Event, reset: Mapping[str, str]) -> None:
    """Tag the admin's secret for the event's rotation."""
    word = f"{event['ClientRequestToken']}:{reset['proof']}"
    secret.lab.client.tag_resource(
        SecretId=reset["admin"], Tags=[{"Key": reset["tag"], "Value": word}]
    )
