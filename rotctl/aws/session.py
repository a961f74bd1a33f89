"""The caller's AWS: credentials, profile, region and endpoint as the AWS CLI finds them."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from rotctl import clock
from rotctl.aws.errors import of_answer, of_sdk

_CONFIG = Config(connect_timeout=5, read_timeout=30, user_agent_extra="rotctl")
# How often a call is made again is left to AWS_MAX_ATTEMPTS and the profile, but for services that
# allow a few calls a second: these are called at the pace that they answer.
_STANDARD = Config(retries={"mode": "standard"})
_PACED = Config(retries={"mode": "adaptive", "total_max_attempts": 8})
_FEW_A_SECOND = ("cloudtrail", "logs")
# A function's answer may take as long as a step, and is not asked for twice at once.
_SLOW = Config(read_timeout=100, retries={"mode": "standard", "total_max_attempts": 2})

# What services call the token that leads to the next page.
_TOKENS = ("NextToken", "nextToken", "PaginationToken")


class Aws:
    """Calls of AWS's services, from any thread; every failure is Trouble, with no value in it."""

    def __init__(
        self, profile: str | None = None, region: str | None = None, endpoint: str | None = None
    ) -> None:
        self._profile, self._region, self._endpoint = profile, region, endpoint
        self._session: Session | None = None
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()  # sessions are not made for threads
        self._answered: datetime | None = None

    @property
    def now(self) -> datetime:
        """The time of the last answer by AWS's clock: this machine's may be minutes off."""
        return self._answered or clock.now()

    def call(self, service: str, operation: str, /, **request: Any) -> dict[str, Any]:  # noqa: ANN401 the API's own parameters
        """What the operation, such as `list_secrets`, answers; raises Trouble."""
        client = self._client(service, operation)
        try:
            answer: dict[str, Any] = getattr(client, operation)(**request)
        except ClientError as error:
            raise of_answer(error, service, client.meta.region_name, request) from None
        except (BotoCoreError, ValueError) as error:
            raise of_sdk(error, service, operation, self._endpoint) from None
        self._answered = _date(answer["ResponseMetadata"]["HTTPHeaders"])
        return answer

    def pages(self, service: str, operation: str, /, **request: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 as above
        """Every page of the answer; raises Trouble."""
        while True:
            answer = self.call(service, operation, **request)
            yield answer
            token = next((key for key in _TOKENS if answer.get(key)), None)
            if token is None:
                return
            request[token] = answer[token]

    def _client(self, service: str, operation: str) -> Any:  # noqa: ANN401 made at run time
        with self._making:
            try:
                if service not in self._clients:
                    self._clients[service] = self._made(service)
            except (BotoCoreError, ValueError) as error:
                raise of_sdk(error, service, operation, self._endpoint) from None
            return self._clients[service]

    def _made(self, service: str) -> Any:  # noqa: ANN401 made at run time
        if self._session is None:
            self._session = Session(profile=self._profile)
        pace = _PACED if service in _FEW_A_SECOND else _STANDARD
        config = _CONFIG.merge(_SLOW if service == "lambda" else pace)
        return self._session.create_client(
            service, self._region, endpoint_url=self._endpoint, config=config
        )


def _date(headers: Mapping[str, str]) -> datetime | None:
    """To the second, in UTC; None where a proxy took it out."""
    try:
        return parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None
