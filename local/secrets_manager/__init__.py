"""AWS Secrets Manager on this machine, as it was recorded and as its documents say."""

from local.secrets_manager.clock import ManualClock, SystemClock
from local.secrets_manager.journal import Call, Occurrence, RotationOutcome, ServiceEvent, Step
from local.secrets_manager.service import SecretsManager
from local.secrets_manager.state import Settings

__all__ = [
    "Call",
    "ManualClock",
    "Occurrence",
    "RotationOutcome",
    "SecretsManager",
    "ServiceEvent",
    "Settings",
    "Step",
    "SystemClock",
]
