"""What a check asked and was answered, for the record."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Exchange = dict[str, Any]  # operation, request, and answer or error


@dataclass
class Transcript:
    """The exchanges of one check, in order."""

    exchanges: list[Exchange] = field(default_factory=list)
    _heard: list[Any] = field(default_factory=list)
    _asked: tuple[str, dict[str, Any]] = ("", {})

    def listen(self, client: Any) -> None:  # noqa: ANN401 the SDK makes its clients' types at run time
        """Write down what this client asks from now on, until `close`."""
        for event, hook in self._hooks():
            client.meta.events.register(event, hook)
        self._heard.append(client)

    def close(self) -> None:
        """Let go of the clients."""
        for client in self._heard:
            for event, hook in self._hooks():
                client.meta.events.unregister(event, hook)
        self._heard.clear()

    def _hooks(self) -> list[tuple[str, Callable[..., None]]]:
        return [
            ("provide-client-params.secretsmanager", self._ask),
            ("after-call.secretsmanager", self._answer),
        ]

    def add(self, operation: str, request: object, answer: object) -> None:
        """Write down what was not a call of its own."""
        self.exchanges.append({"operation": operation, "request": request, "answer": answer})

    def _ask(self, params: dict[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 botocore's hook
        self._asked = (model.name, dict(params))

    def _answer(self, parsed: dict[str, Any], **_: object) -> None:
        operation, request = self._asked
        answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        answer["status"] = parsed["ResponseMetadata"]["HTTPStatusCode"]
        self.add(operation, request, answer)
