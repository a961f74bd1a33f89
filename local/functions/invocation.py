"""Lambda's Invoke over HTTP, as AWS's emulator and `sam local start-lambda` answer it.

Source: AWS Lambda API reference, Invoke.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from urllib.parse import quote

import urllib3

from local.functions.home import FunctionError


def invoke(url: str, function: str, event: Mapping[str, object], seconds: float) -> object:
    """Run the function to its end, for its answer; raise FunctionError if it fails.

    Raises urllib3's HTTPError where there is no answer, or none within so many seconds.
    """
    with urllib3.PoolManager(retries=False, timeout=seconds) as http:
        answer = http.request(
            "POST",
            f"{url}/2015-03-31/functions/{quote(function, safe='')}/invocations",
            body=json.dumps(event),
            headers={"Content-Type": "application/json"},
            redirect=False,
        )
    body = answer.data.decode(errors="replace")
    return _answer_or_failure(answer.status, answer.headers.get("X-Amz-Function-Error"), body)


def _answer_or_failure(status: int, error: str | None, body: str) -> object:
    """A handler's error is a 200 with a header; Lambda's own has another status."""
    if body.startswith("Task timed out"):  # the emulator tells of it in plain text
        raise FunctionError("Sandbox.Timedout", body.strip())
    answer: object = None
    with suppress(json.JSONDecodeError):
        answer = json.loads(body)
    document = answer if isinstance(answer, dict) else {}
    # The emulator leaves the header out, and start-lambda where the answer is of another shape.
    if error is not None or "errorType" in document:
        kind = str(document.get("errorType") or "Unhandled")
        raise FunctionError(kind, str(document.get("errorMessage") or body.strip()[-500:]))
    if status != HTTPStatus.OK:
        kind = str(document.get("Type") or document.get("__type") or f"HTTP {status}")
        raise FunctionError(kind, str(document.get("Message") or f"the endpoint answered {status}"))
    return answer
