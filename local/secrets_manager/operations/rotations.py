"""RotateSecret and CancelRotateSecret: what they check, keep and start (rules 1, 4, 5, 7, 19)."""

from local.functions.home import Directory
from local.secrets_manager import errors, schedule
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.secret import Rotation, Secret
from local.secrets_manager.state import Answer, Request, ServiceState, token_of
from local.secrets_manager.versions import CURRENT, PENDING

MAX_FUNCTION = 2048


class Rotations:
    """The two operations; each runs under the state's lock and answers at once."""

    def __init__(self, state: ServiceState, orchestrator: Orchestrator) -> None:
        self._state = state
        self._orchestrator = orchestrator

    def rotate_secret(self, request: Request) -> Answer:
        """RotateSecret: everything is checked before anything is kept or started."""
        secret = self._state.find(request)
        token = token_of(request)
        function = self._function(secret, request)
        rules = schedule.parse(request.get("RotationRules") or {})
        self._check_no_other(secret)
        if secret.store.get(token) is not None:
            # AWS's answer to a token that is already a version's is not published.
            raise errors.invalid_request(str(errors.token_in_use(token, secret.arn).message))
        immediately = request.get("RotateImmediately", True)
        self._orchestrator.start(secret, Rotation(token, "rotation" if immediately else "test"))
        secret.rotation.function = function
        secret.rotation.enabled = True
        secret.rotation.schedule = rules or secret.rotation.schedule
        secret.rotation.plan(self._state.clock.now())
        self._state.replanned.set()
        return {"ARN": secret.arn, "Name": secret.name, "VersionId": token}

    def cancel_rotate_secret(self, request: Request) -> Answer:
        """CancelRotateSecret: rotation off, no further step; AWSPENDING stays (rule 7)."""
        secret = self._state.find(request)
        if secret.rotation.function is None:
            raise errors.invalid_request(
                "You can't cancel rotation of a secret that has no rotation configured."
            )
        rotation = secret.incomplete
        secret.rotation.enabled = False
        secret.rotation.window = None
        self._state.replanned.set()
        if rotation is not None:
            rotation.stop("cancelled")
            secret.incomplete = None
        pending = secret.store.holder(PENDING)
        version = {"VersionId": pending} if pending else {}
        return {"ARN": secret.arn, "Name": secret.name, **version}

    def _function(self, secret: Secret, request: Request) -> str:
        """The function given now or kept from before, if it can be invoked."""
        function = request.get("RotationLambdaARN") or secret.rotation.function
        if not function:
            raise errors.invalid_request(
                "No Lambda rotation function ARN is associated with this secret."
            )
        if len(function) > MAX_FUNCTION:
            raise errors.ValidationException(
                "rotationLambdaARN", f"have length less than or equal to {MAX_FUNCTION}"
            )
        home = self._state.home
        if isinstance(home, Directory) and not home.knows(function):
            raise errors.cannot_invoke()
        return str(function)

    def _check_no_other(self, secret: Secret) -> None:
        """Rule 5: refuse while AWSPENDING is elsewhere than AWSCURRENT, and reattempt that."""
        pending = secret.store.holder(PENDING)
        if pending is not None and pending != secret.store.holder(CURRENT):
            self._orchestrator.reattempt(secret)
            raise errors.rotation_incomplete()
