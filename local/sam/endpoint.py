"""Functions behind a Lambda endpoint, such as `sam local start-lambda`, or anything that speaks it.

Source: AWS Lambda API reference, Invoke.
"""

import http.client
import json
from collections.abc import Mapping
from contextlib import closing, suppress
from http import HTTPStatus
from urllib.parse import quote, urlsplit

from local.functions.home import FunctionError, name_of

USUAL = "http://127.0.0.1:3001"  # start-lambda's own choice
SECONDS = 120.0  # more than a function's timeout, and a container's start


class LambdaEndpoint:
    """A Home: invokes through the endpoint at `url`, which is asked for nothing until then."""

    def __init__(self, url: str = USUAL) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url!r} is no Lambda endpoint; give one such as {USUAL}")
        self.url = url.rstrip("/")
        self._host, self._port = parts.hostname, parts.port
        self._path = parts.path.rstrip("/")

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        """Run the function to its end; raise FunctionError if it fails or there is none."""
        try:
            status, error, body = self._post(name_of(function), json.dumps(event).encode())
        except (OSError, http.client.HTTPException) as failure:
            raise FunctionError(
                "EndpointConnectionError",
                f"no answer from {self.url} ({type(failure).__name__}); "
                "`sam local start-lambda` has to run there",
            ) from None
        _raise_failure(status, error, body)

    def _post(self, name: str, event: bytes) -> tuple[int, str | None, str]:
        """The status, X-Amz-Function-Error, and the body."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        path = f"{self._path}/2015-03-31/functions/{quote(name, safe='')}/invocations"
        with closing(connection):
            connection.request("POST", path, event, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            error = answer.getheader("X-Amz-Function-Error")
            return answer.status, error, answer.read().decode(errors="replace")


def _raise_failure(status: int, error: str | None, body: str) -> None:
    """A handler's error is a 200 with a header; Lambda's own has another status."""
    answer: object = None
    with suppress(json.JSONDecodeError):
        answer = json.loads(body)
    told = answer if isinstance(answer, dict) else {}
    # start-lambda leaves the header out where the answer is not of the usual shape.
    if error is not None or "errorType" in told:
        kind = str(told.get("errorType") or "Unhandled")
        raise FunctionError(kind, str(told.get("errorMessage") or body.strip()[-500:]))
    if status != HTTPStatus.OK:
        kind = str(told.get("Type") or told.get("__type") or f"HTTP {status}")
        raise FunctionError(kind, str(told.get("Message") or f"the endpoint answered {status}"))
