"""RotateSecret and CancelRotateSecret: what they check, keep and start (facts 1, 4, 5, 7, 19)."""

from local.functions.home import Directory, name_of
from local.secrets_manager import errors, schedule
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.rotation import Rotation
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState, token_of
from local.secrets_manager.versions import PENDING


def rotate_secret(state: ServiceState, orchestrator: Orchestrator, request: Request) -> Answer:
    """RotateSecret: everything is checked before anything is kept or started."""
    secret = state.find(request)
    token = token_of(request, errors.invalid_parameter)
    function = _function(state, secret, request)
    rules = schedule.parse(request.get("RotationRules") or {})
    if orchestrator.reattempt(secret):
        raise errors.invalid_request(
            "A previous rotation isn't complete. That rotation will be reattempted."
        )
    if secret.versions.get(token) is not None:
        # AWS's answer to a token that is already a version's is not published.
        raise errors.invalid_request(str(errors.token_in_use(token, secret.arn).message))
    immediately = request.get("RotateImmediately", True)
    orchestrator.start(secret, Rotation(token, "rotation" if immediately else "test"))
    secret.rotation.configure(function, rules)
    secret.rotation.plan(state.clock.now())
    state.replanned.set()
    return secret.answer(VersionId=token)


def cancel_rotate_secret(state: ServiceState, request: Request) -> Answer:
    """CancelRotateSecret: rotation off, no further step; AWSPENDING stays (fact 7)."""
    secret = state.find(request)
    if secret.rotation.function is None:
        raise errors.invalid_request(
            "You can't cancel rotation of a secret that has no rotation configured."
        )
    rotation = secret.incomplete
    secret.rotation.enabled = False
    secret.rotation.window = None
    state.replanned.set()
    if rotation is not None:
        rotation.stop("cancelled")
        secret.incomplete = None
    return secret.answer(VersionId=secret.versions.holder(PENDING))


def _function(state: ServiceState, secret: Secret, request: Request) -> str:
    """The function given now or kept from before, if it can be invoked."""
    function = request.get("RotationLambdaARN") or secret.rotation.function
    if not function:
        raise errors.invalid_request(
            "No Lambda rotation function ARN is associated with this secret."
        )
    is_there = not isinstance(state.home, Directory) or state.home.knows(function)
    if not is_there or not state.permissions.lets_secrets_manager(name_of(function)):
        raise errors.access_denied(
            "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function "
            "policy grants access to the principal secretsmanager.amazonaws.com."
        )
    return str(function)
