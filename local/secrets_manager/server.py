"""The HTTP server: werkzeug's, threaded, on the loopback address, silent."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request as HttpRequest
from werkzeug.wrappers import Response as HttpResponse

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

HOST = "127.0.0.1"

Answerer = Callable[[HttpRequest], tuple[int, dict[str, str], str]]


class _Silent(WSGIRequestHandler):
    """Logs nothing: a request's journal is the service's own."""

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 werkzeug's own signature
        """Drop the line."""


@contextmanager
def serving(answer: Answerer, port: int) -> Iterator[str]:
    """Answer requests on 127.0.0.1 while the block runs; the URL that clients use.

    port: 0 for a free one.
    """

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        status, headers, body = answer(HttpRequest(environ))
        return HttpResponse(body, status, headers)(environ, start)

    server = make_server(HOST, port, application, threaded=True, request_handler=_Silent)
    thread = threading.Thread(
        target=server.serve_forever, args=(0.01,), name="secrets manager", daemon=True
    )
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
