"""Clients of AWS's services, all with the same patience."""

from functools import cache
from typing import Any

import boto3
from botocore.config import Config

# A call that hangs must leave time for another try within the function's timeout.
_PATIENCE = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="secret-rotators",
)


@cache
def client(service: str) -> Any:  # noqa: ANN401 - boto3 makes its clients' types at run time
    """The client for this service, made when first asked for and kept."""
    return boto3.client(service, config=_PATIENCE)  # type: ignore[call-overload]  # any name
