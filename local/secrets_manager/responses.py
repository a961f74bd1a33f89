"""moto's response layer in front of our operations: parses, locks, records, answers (fact 12)."""

import json
import logging
import traceback
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.request import Request as HttpRequest
from moto.secretsmanager.exceptions import SecretsManagerClientError
from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

from local.secrets_manager.journal import Call
from local.secrets_manager.state import Answer, Request, ServiceState

_log = logging.getLogger(__name__)

Operation = Callable[[Request], Answer]
Http = tuple[int, dict[str, str], str]

# moto's own are right about these, but for deleted secrets (fact 16).
MOTOS = frozenset({"GetRandomPassword", "ListSecrets"})
MOTOS_OF_A_SECRET = frozenset(
    {
        "DeleteResourcePolicy",
        "GetResourcePolicy",
        "PutResourcePolicy",
        "TagResource",
        "UntagResource",
    }
)


class Response(SecretsManagerResponse):
    """One request: its operation is one of `operations`, or moto's own."""

    def __init__(self, state: ServiceState, operations: Mapping[str, Operation]) -> None:
        super().__init__()
        self._state = state
        self._operations = operations
        self._request: Request = {}

    @property
    def backend(self) -> SecretsManagerBackend:
        """The store of one service, not the one moto shares in the process."""
        return self._state.moto

    def answer(self, http: HttpRequest) -> Http:
        """Status, headers and body for the request; the call is recorded, never its values."""
        self.setup_class(http)
        operation = self._get_action() or "none"
        status, body = self._answer(operation)
        headers = {"Content-Type": "application/x-amz-json-1.1"}
        error = None
        if status != 200:  # noqa: PLR2004 the one status that is not an error
            error = headers["X-Amzn-ErrorType"] = str(json.loads(body)["__type"])
        secret_id = self._request.get("SecretId") or self._request.get("Name")
        self._state.journal.publish(
            Call(operation, secret_id, self._state.clock.now(), error),
        )
        return status, headers, body

    def _answer(self, operation: str) -> tuple[int, str]:
        try:
            self._request = json.loads(self.body or "{}")
            with self._state.hold_lock():
                return self._perform(operation)
        except SecretsManagerClientError as refusal:
            return 400, refusal.get_body()
        except json.JSONDecodeError:
            return 400, _refusal("SerializationException", "The request is not JSON.")
        except Exception as error:  # noqa: BLE001 a fault here must not end a connection silently
            # An exception's text may quote the request: its type and place must do.
            place = "".join(traceback.format_tb(error.__traceback__))
            _log.error("%s failed: %s\n%s", operation, type(error).__name__, place)
            return 500, _refusal("InternalServiceError", "An error occurred on the server side.")

    def _perform(self, operation: str) -> tuple[int, str]:
        if perform := self._operations.get(operation):
            return 200, json.dumps(perform(self._request))
        if operation in MOTOS_OF_A_SECRET:
            self._state.find(self._request)
        elif operation not in MOTOS:
            return 400, _refusal("UnknownOperationException", f"{operation} is not implemented.")
        status, _, body = self.call_action()
        return (200 if status == 200 else 400), str(body)  # noqa: PLR2004 moto has 404 where AWS has 400

    def _get_action(self) -> str:
        """The operation, from its header alone: moto would also look for `Action=` in the body."""
        return str(self.headers.get("X-Amz-Target", "")).rpartition(".")[2]

    def _get_param(self, param_name: str, if_none: Any = None) -> Any:  # noqa: ANN401 moto's own signature
        """The parameter, from the JSON alone: moto reads a `&name=` inside a value as one."""
        return self._request.get(param_name, if_none)


def _refusal(error_type: str, message: str) -> str:
    return json.dumps({"__type": error_type, "message": message})
