"""DeleteSecret and RestoreSecret (fact 16)."""

from local.secrets_manager import errors
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState
from local.secrets_manager.store import name_in

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
    _refuse_replicated(secret)
    date = now + (days or _DEFAULT_DAYS) * _DAY_SECONDS
    secret.deleted = date
    return secret.answer(DeletionDate=date)


def _delete_now(state: ServiceState, request: Request, now: float) -> Answer:
    """It is gone; an unknown ARN is answered as it came, an unknown name with an ARN for it."""
    secret_id = request["SecretId"]
    secret = state.store.find(secret_id)
    if secret is None:
        secret = Secret(state.account, state.region, {"Name": name_in(secret_id)}, now)
        is_name = secret.name == secret_id
        return secret.answer(DeletionDate=now) | ({} if is_name else {"ARN": secret_id})
    _refuse_replicated(state.find(request, deleted_too=True))
    if secret.incomplete is not None:
        secret.incomplete.stop("cancelled")
    state.store.remove(secret)
    return secret.answer(DeletionDate=now)


def _refuse_replicated(secret: Secret) -> None:
    """Its replicas have to go first (recorded on AWS: cloud-nuke's issue 435)."""
    if secret.replications:
        regions = ", ".join(sorted(secret.replications))
        raise errors.invalid_parameter(
            f"You can't delete secret {secret.arn} that still has replica regions [{regions}]."
        )


def restore_secret(state: ServiceState, request: Request) -> Answer:
    """RestoreSecret: the secret is as it was."""
    secret = state.find(request, deleted_too=True)
    secret.deleted = None
    state.replanned.set()
    return secret.answer()
