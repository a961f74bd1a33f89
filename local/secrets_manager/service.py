"""SecretsManager: the service as a program or a test uses it."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Self

from werkzeug.wrappers import Request as HttpRequest

from local.functions.home import ARN_PREFIX, Home, InProcess
from local.secrets_manager import client as clients
from local.secrets_manager.adoption import adopt
from local.secrets_manager.clock import SystemClock
from local.secrets_manager.journal import Call, Occurrence, RotationOutcome, ServiceEvent, Step
from local.secrets_manager.operations import operations
from local.secrets_manager.orchestrator import Orchestrator
from local.secrets_manager.responses import Http, respond
from local.secrets_manager.scheduler import Scheduler
from local.secrets_manager.server import serving
from local.secrets_manager.state import ServiceState, Settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretsManager:
    """A Secrets Manager on 127.0.0.1 whose rotation functions run in `home`.

    It answers from `with` on, until close(). `settings` may be changed meanwhile.
    """

    def __init__(  # noqa: PLR0913 each is one thing AWS leaves open; see Settings
        self,
        home: Home | None = None,
        *,
        clock: SystemClock | None = None,
        port: int = 0,
        retries: int = 2,
        retry_delay: float = 0.2,
        stale_reads: int = 0,
        require_rotation_token: bool = False,
    ) -> None:
        self.settings = Settings(retries, retry_delay, stale_reads, require_rotation_token)
        self._state = ServiceState(home or InProcess({}), clock or SystemClock(), self.settings)
        self._orchestrator = Orchestrator(self._state)
        self._scheduler = Scheduler(self._state, self._orchestrator)
        self._operations = operations(self._state, self._orchestrator)
        self._port = port
        self._endpoint = ""
        self._running, self._made = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        """Begin to answer, and to rotate what is due."""
        self._running.enter_context(self._made)
        self._endpoint = self._running.enter_context(serving(self._answer, self._port))
        # Before the server: a step that is running still needs its answers.
        self._running.callback(self._orchestrator.close)
        self._scheduler.start()
        self._running.callback(self._scheduler.close)
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop rotations after their running step, then the server; a second time does nothing."""
        self._running.close()
        self._endpoint = ""

    @property
    def home(self) -> Home:
        """Where functions run; set it later when it has to know this service's endpoint."""
        return self._state.home

    @home.setter
    def home(self, home: Home) -> None:
        self._state.home = home

    @property
    def endpoint(self) -> str:
        """The service's URL."""
        if not self._endpoint:
            raise RuntimeError("the service isn't running: use it in a with block")
        return self._endpoint

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS SDK, or the AWS CLI, at this service."""
        return clients.environment(self.endpoint)

    def client(self) -> "SecretsManagerClient":
        """A boto3 client for it, closed with it; safe to share between threads."""
        client = clients.make(self.endpoint)
        self._made.callback(client.close)
        return client

    def rotate(
        self, secret_id: str, function: str, timeout: float = 30, *, version: str | None = None
    ) -> RotationOutcome:
        """RotateSecret, and how the rotation by the function ended; raises TimeoutError.

        version: the id of the new one, chosen here unless given.
        """
        known = len(self.outcomes(secret_id))
        with closing(clients.make(self.endpoint)) as client:
            client.rotate_secret(
                SecretId=secret_id,
                ClientRequestToken=version or str(uuid.uuid4()),
                RotationLambdaARN=ARN_PREFIX + function,
                RotationRules={"AutomaticallyAfterDays": 30},
            )
        return self.wait_for_rotation(secret_id, timeout, beyond=known)

    def adopt(self, event: Mapping[str, str], function: str) -> None:
        """Have an existing secret be where this event of a rotation found it; see adoption.adopt.

        The service runs no step: whoever has the event invokes the function.
        """
        adopt(self._state, event, function)

    @property
    def journal(self) -> tuple[Occurrence, ...]:
        """Everything that occurred, in order."""
        return self._state.journal.all()

    @property
    def events(self) -> tuple[ServiceEvent, ...]:
        """The service events of fact 24."""
        return self._state.journal.of(ServiceEvent)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The API requests that were answered."""
        return self._state.journal.of(Call)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that ended."""
        steps = self._state.journal.of(Step)
        return tuple(step for step in steps if step.outcome != "running")

    def outcomes(self, secret_id: str) -> tuple[RotationOutcome, ...]:
        """The rotations and tests of the secret (name or ARN) that ended, oldest first."""
        ended = self._state.journal.of(RotationOutcome)
        return tuple(item for item in ended if secret_id in (item.secret_arn, item.secret_name))

    def subscribe(self, callback: Callable[[Occurrence], None]) -> Callable[[], None]:
        """Call back for everything from now on, in the thread it occurs in; returns the way out.

        The callback may call the service; what it raises is logged.
        """
        return self._state.journal.subscribe(callback)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 30) -> None:
        """Wait until the condition on this service's journal holds; raise TimeoutError."""
        if not self._state.journal.wait_for(condition, timeout):
            raise TimeoutError(f"not so within {timeout} s; the last: {self.journal[-3:]}")

    def wait_for_rotation(
        self, secret_id: str, timeout: float = 30, *, beyond: int = 0
    ) -> RotationOutcome:
        """The outcome of the secret's last rotation or test, when none is on its way.

        beyond: how many outcomes are known already, to wait for one more than these.
        Raises TimeoutError.
        """

        def ended() -> bool:
            outcomes = self.outcomes(secret_id)
            begun = [
                event
                for event in self.events
                if event.name in ("RotationStarted", "TestRotationStarted")
                and outcomes
                and event.secret_arn == outcomes[-1].secret_arn
            ]
            return len(outcomes) > beyond and len(outcomes) >= len(begun)

        self.wait_for(ended, timeout)
        return self.outcomes(secret_id)[-1]

    def _answer(self, http: HttpRequest) -> Http:
        return respond(self._state, self._operations, http)
