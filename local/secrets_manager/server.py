"""The HTTP server: werkzeug's, threaded, on the loopback address, silent."""

import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from moto.core.request import Request as MotoRequest
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Response as HttpResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"

Answerer = Callable[[MotoRequest], tuple[int, dict[str, str], str]]


class HttpRequest(MotoRequest):
    """moto's request, marked as having come over a socket."""

    from_wsgi_server = True


class _Silent(WSGIRequestHandler):
    """Logs nothing: a request's journal is the service's own."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 werkzeug's own signature
        """Drop the line."""


class Server:
    """Answers requests on 127.0.0.1 from the moment it is made until it is closed.

    port: 0 for a free one.
    """

    def __init__(self, answer: Answerer, port: int = 0) -> None:
        self._answer = answer
        self._server = make_server(
            HOST, port, self._application, threaded=True, request_handler=_Silent
        )
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.01},
            name="secrets manager",
            daemon=True,
        )
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """The URL clients use."""
        return f"http://{HOST}:{self._server.server_port}"

    def close(self) -> None:
        """Stop answering and give the port back."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _application(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        status, headers, body = self._answer(HttpRequest(environ))
        return HttpResponse(body, status, headers)(environ, start_response)
