"""Calls of IAM with the function's role, and of STS with a user's key."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property, partial
from typing import Any

from rotators.iam.aws.errors import IAM, STS
from shared.aws.clients import new_client, sending_once
from shared.errors import RotationError, Throttled, Unreachable
from shared.keys.api_key import ApiKey
from shared.patience import retried
from shared.tls import ca_bundle

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 5.0
# So long a call is made again that was throttled; the service attempts a failed step again.
THROTTLED_SECONDS = 8.0


class Calls:
    """Clients that send a call once: of one that made a key the SDK would make another.

    A call that was throttled was not performed, so it is made again here.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._bundle = str(ca_bundle(environment))
        if "AWS_LAMBDA_FUNCTION_NAME" in environment:  # as make_handler prepares: a start is fast
            with suppress(RotationError):
                self._iam  # noqa: B018 - kept, once it is made
                self._client("sts").close()  # what clients are made of is kept

    def ask(self, operation: str, user: str, **parameters: object) -> Mapping[str, Any]:
        """What IAM answers to the function's role; operation: in the SDK's form.

        Raises Gone, Full, Forbidden, Busy, Throttled and Unreachable, which is ambiguous.
        """
        call = partial(getattr(self._iam, operation), **parameters)

        def once() -> Mapping[str, Any]:
            with IAM.translate_errors(f"user {user!r}"):
                answer: Mapping[str, Any] = call()
            return answer

        return retried(once, on=Throttled, within=THROTTLED_SECONDS)

    def identity(self, key: ApiKey) -> str:
        """The ARN of whose the key is; raises Rejected, Forbidden, Throttled and Unreachable."""
        client = self._client(
            "sts",
            aws_access_key_id=key.key_id,
            aws_secret_access_key=key.key.reveal(),
            aws_session_token=None,
        )

        def once() -> str:
            with STS.translate_errors(f"user {key.account.owner!r}"):
                return str(client.get_caller_identity().get("Arn", ""))

        try:
            arn = retried(once, on=Throttled, within=THROTTLED_SECONDS)
        finally:
            client.close()
        if not arn:  # the SDK reads an answer that is cut short as an empty one
            raise Unreachable(f"{STS.name} did not say whose the key is", do=STS.route)
        return arn

    @cached_property
    def _iam(self) -> Any:  # noqa: ANN401 - the SDK makes its clients' types at run time
        return self._client("iam")

    def _client(self, service: str, **credentials: str | None) -> Any:  # noqa: ANN401 - as above
        endpoint = self._environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        return new_client(
            service,
            sending_once(connect_seconds=CONNECT_SECONDS, answer_seconds=ANSWER_SECONDS),
            verify=self._bundle,
            endpoint_url=endpoint or None,
            **credentials,
        )
