"""DeleteSecret and RestoreSecret (fact 16)."""

import uuid

from local.secrets_manager import errors
from local.secrets_manager.state import ACCOUNT, REGION, Answer, Request, ServiceState

_DAY_SECONDS = 24 * 3600
_WINDOW_DAYS = range(7, 31)
_DEFAULT_DAYS = 30


def delete_secret(state: ServiceState, request: Request) -> Answer:
    """DeleteSecret: at once if forced, an unknown secret then included, else in days."""
    days, force = request.get("RecoveryWindowInDays"), request.get("ForceDeleteWithoutRecovery")
    if days is not None and force:
        raise errors.invalid_parameter(
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays."
        )
    if days is not None and days not in _WINDOW_DAYS:
        raise errors.invalid_parameter(
            "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive)."
        )
    now = state.clock.now()
    if force:
        return _delete_now(state, request, now)
    secret = state.find(request)
    date = now + (days or _DEFAULT_DAYS) * _DAY_SECONDS
    secret.delete(date)
    return secret.answer(DeletionDate=date)


def _delete_now(state: ServiceState, request: Request, now: float) -> Answer:
    secret_id = str(request.get("SecretId"))
    if secret_id not in state.moto.secrets:
        arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{secret_id}-"
        return {"ARN": arn + uuid.uuid4().hex[:6], "Name": secret_id, "DeletionDate": now}
    secret = state.find(request, deleted_too=True)
    if secret.incomplete is not None:
        secret.incomplete.stop("cancelled")
    state.moto.secrets.pop(secret.name)
    return secret.answer(DeletionDate=now)


def restore_secret(state: ServiceState, request: Request) -> Answer:
    """RestoreSecret: the secret is as it was."""
    secret = state.find(request, deleted_too=True)
    secret.restore()
    state.replanned.set()
    return secret.answer()
