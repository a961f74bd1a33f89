"""SecretsManager: the service as a program or a test uses it."""

import uuid
from collections.abc import Mapping
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Self

from werkzeug.wrappers import Request as HttpRequest

from local.aws import neighbours
from local.functions.home import ARN_PREFIX, Configuration, Handler, Home, InProcess
from local.functions.permissions import Permissions
from local.secrets_manager import client as clients
from local.secrets_manager.adoption import adopt
from local.secrets_manager.arn import in_region, region_in
from local.secrets_manager.clock import SystemClock
from local.secrets_manager.journal import RotationOutcome
from local.secrets_manager.observed import Observed
from local.secrets_manager.regions import Regions, region_of
from local.secrets_manager.responses import Http, respond
from local.secrets_manager.server import serving
from local.secrets_manager.state import REGION, Common, Settings

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class SecretsManager(Observed):
    """A Secrets Manager on 127.0.0.1 whose rotation functions run in `home`.

    On the same address it answers what rotctl asks of other services; see local/aws/.
    It answers from `with` on, until close(). `settings` may be changed meanwhile.
    region: that of its clients and variables; each other one is apart, and there too.
    """

    def __init__(  # noqa: PLR0913 each is one thing AWS leaves open; see Settings
        self,
        home: Home | None = None,
        *,
        clock: SystemClock | None = None,
        port: int = 0,
        region: str = REGION,
        retries: int = 2,
        retry_delay: float = 0.2,
        stale_reads: int = 0,
        require_rotation_token: bool = False,
    ) -> None:
        self.settings = Settings(retries, retry_delay, stale_reads, require_rotation_token)
        self._common = Common(home or InProcess({}), clock or SystemClock(), self.settings)
        super().__init__(self._common.journal)
        self._regions = Regions(self._common)
        self.region = region
        self._port = port
        self._endpoint = ""
        self._running, self._made = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        """Begin to answer, and to rotate what is due."""
        self._running.enter_context(self._made)
        self._endpoint = self._running.enter_context(serving(self.answer, self._port))
        self._regions.start()
        # Before the server: a step that is running still needs its answers.
        self._running.callback(self._regions.close)
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
        return self._common.home

    @home.setter
    def home(self, home: Home) -> None:
        self._common.home = home

    def add_function(
        self, name: str, handler: Handler, configured: Configuration | None = None
    ) -> str:
        """Have RotateSecret find this handler in this process, beside the home's own functions.

        configured: what Lambda says of it. Returns the function's ARN.
        """
        if not isinstance(self.home, InProcess):
            self.home = InProcess({}, beside=self.home)
        self.home.add(name, handler, configured)
        return self.function_arn(name)

    def function_arn(self, name: str) -> str:
        """What RotateSecret takes for the function with this name."""
        return in_region(ARN_PREFIX + name, self.region)

    @property
    def endpoint(self) -> str:
        """The service's URL."""
        if not self._endpoint:
            raise RuntimeError("the service isn't running: use it in a with block")
        return self._endpoint

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS SDK, or the AWS CLI, at this service."""
        return clients.environment(self.endpoint, self.region)

    @property
    def neighbours(self) -> dict[str, str]:
        """Those that point rotctl at it as well, for the other services that it asks."""
        return clients.neighbours(self.endpoint)

    @property
    def permissions(self) -> Permissions:
        """Who may invoke the functions; a test may take it from Secrets Manager."""
        return self._common.permissions

    def client(self, region: str | None = None) -> "SecretsManagerClient":
        """A boto3 client for it, closed with it; safe to share between threads."""
        client = clients.make(self.endpoint, region or self.region)
        self._made.callback(client.close)
        return client

    def rotate(
        self, secret_id: str, function: str, timeout: float = 30, *, version: str | None = None
    ) -> RotationOutcome:
        """RotateSecret, and how the rotation by the function ended; raises TimeoutError.

        version: the id of the new one, chosen here unless given.
        """
        region = region_in(secret_id, self.region)
        with closing(clients.make(self.endpoint, region)) as client:
            begun = client.rotate_secret(
                SecretId=secret_id,
                ClientRequestToken=version or str(uuid.uuid4()),
                RotationLambdaARN=self.function_arn(function),
                RotationRules={"AutomaticallyAfterDays": 30},
            )

        # By ARN and version: another region may have a secret of this name.
        def ended() -> list[RotationOutcome]:
            outcomes = self.outcomes(begun["ARN"])
            return [each for each in outcomes if each.version_id == begun["VersionId"]]

        self.wait_for(lambda: bool(ended()), timeout)
        return ended()[0]

    def adopt(self, event: Mapping[str, str], function: str) -> None:
        """Have an existing secret be where this event of a rotation found it; see adoption.adopt.

        The service runs no step: whoever has the event invokes the function.
        """
        region = region_in(event["SecretId"], self.region)
        adopt(self._regions[region].state, event, function)

    def answer(self, http: HttpRequest) -> Http:
        """A request over HTTP, to whichever service of the address."""
        name = region_of(http, self.region)
        if (neighbour := neighbours.asked(http)) is not None:
            return neighbours.respond(neighbour, self._common, name, http)
        region = self._regions[name]
        return respond(region.state, region.operations, http)
