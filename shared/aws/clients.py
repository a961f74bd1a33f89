"""Clients of AWS's services, all with the same patience."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from shared.errors import Misconfigured

# A call that hangs must leave time for another try within the function's timeout.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="secret-rotators",
)


@cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
    """The client for this service, made when first asked for and kept; raises Misconfigured."""
    try:
        return boto3.client(service, config=_CONFIG)  # type: ignore[call-overload]  # any name
    except (BotoCoreError, ValueError) as error:  # its texts quote settings
        problem = type(error).__name__
    raise Misconfigured(
        f"the SDK cannot be used with its settings ({problem})",
        do="run as a Lambda function, or set AWS_DEFAULT_REGION; correct AWS_... variables",
    )
