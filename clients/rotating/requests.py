"""For requests: `session.auth = rotating.requests.Auth(secret)`.

On 401 the request is sent again with the version of the secret that works.
"""

import os
import threading
import weakref
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin

from requests import HTTPError, PreparedRequest, Response
from requests.auth import AuthBase
from requests.sessions import SessionRedirectMixin
from requests.utils import requote_uri

from rotating.http import Headers, bearer, checked, is_silent, is_unauthorized, origin
from rotating.secret import Secret
from rotating.version import Version

_REDIRECTS = SessionRedirectMixin()


class Auth(AuthBase):
    """Puts the secret into each request, for any number of threads.

    headers: how; `bearer`, `header` and `basic` of rotating.http make it, or a function of yours
    from a version to headers. rejected: whether an answer says that the credential is wrong.

    The caller gets the last 401 if every version is rejected, or if the body cannot be sent twice.
    A request fails as HTTPError, and is not sent, while what was rejected may not be tried again.
    """

    def __init__(
        self,
        secret: Secret,
        headers: Headers | None = None,
        *,
        rejected: Callable[[Response], bool] = lambda answer: is_unauthorized(answer.status_code),
    ) -> None:
        self.secret = secret
        self.headers = headers or bearer()
        self.rejected = rejected
        self._unanswered = threading.local()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Called by requests, once the rest of the request is ready."""
        # requests does not tell if it could not be sent, or if a redirect was not followed.
        earlier: _Exchange | None = getattr(self._unanswered, "exchange", None)
        if earlier is not None:
            earlier.end()
        exchange = self._unanswered.exchange = _Exchange(self, request)
        weakref.finalize(request, exchange.end).atexit = False
        request.hooks["response"].append(exchange.answered)
        return request


class _Exchange:
    """One request, its redirects, and what is sent again for it."""

    def __init__(self, auth: Auth, request: PreparedRequest) -> None:
        self._auth = auth
        self._attempt = auth.secret.begin(target=origin(request.url or ""))
        self._process = os.getpid()
        self._version: Version | None = None
        self._is_awaited = False  # whether the others wait for what comes of this version
        self._sent: Mapping[str, str] = {}
        self._position = _position(request.body)
        if not self._sign(request):
            raise _refused(auth.secret.name, self._attempt.error, request.url)
        if self._version is not None and not self._attempt.is_unproven(self._version):
            self.end()  # for now: requests does not tell if it cannot be sent

    def answered(self, response: Response, **options: Any) -> Response:  # noqa: ANN401 - of requests
        """Called by requests with each answer; what it returns takes its place."""
        first = response.request
        try:
            last = self._settled(response, options)
        except BaseException:
            self.end()
            raise
        if not last.is_redirect:
            self._conclude(last)
        elif _leaves(last):
            for name in self._sent:
                first.headers.pop(name, None)
        return last

    def end(self, *, failed: bool = False) -> None:
        """Nobody need wait for what comes of it."""
        if self._is_awaited and self._version is not None and self._process == os.getpid():
            self._attempt.left(self._version, failed=failed)
        self._is_awaited = False

    def _settled(self, response: Response, options: Mapping[str, Any]) -> Response:
        """The answer to the version that works, or the last one."""
        first = response.request
        while (version := self._rejected(response)) is not None:
            self._version, self._is_awaited = None, False
            self._attempt.rejected(version, _error(response.status_code, response.url))
            again = self._again(response)
            if again is None:
                break
            earlier, response = response, response.connection.send(again, **options)
            response.history = [*earlier.history, earlier]
            first.headers.update(self._sent)  # of it requests makes what follows a redirect
        return response

    def _rejected(self, response: Response) -> Version | None:
        """The version that this answer says is wrong."""
        is_asked = self._version is not None and self._is_of_it(response)
        return self._version if is_asked and self._auth.rejected(response) else None

    def _is_of_it(self, response: Response) -> bool:
        """Whether it answers a request that had the version: what leads elsewhere has not."""
        headers = response.request.headers
        return all(headers.get(name) == value for name, value in self._sent.items())

    def _again(self, response: Response) -> PreparedRequest | None:
        """The request with another version; None where there is none, or the body is gone."""
        response.content  # noqa: B018 - read, so that its connection can be used again
        response.close()
        request = response.request.copy()
        if self._position is None or not self._sign(request):
            return None
        if not isinstance(request.body, str | bytes | None):
            request.body.seek(self._position)
        request.prepare_cookies(response.cookies)
        return request

    def _sign(self, request: PreparedRequest) -> bool:
        while (version := self._attempt.next()) is not None:
            self._version, self._is_awaited = version, True
            try:
                self._sent = checked(self._auth.headers, version, self._auth.secret.name)
            except BaseException as error:
                self.end(failed=True)
                if not self._attempt.passes_over(version, error):
                    raise
            else:
                request.headers.update(self._sent)
                return True
        return False

    def _conclude(self, last: Response) -> None:
        if self._version is None or not self._is_of_it(last):
            self.end()
        elif is_silent(last.status_code, in_doubt=self._attempt.is_in_doubt(self._version)):
            self.end(failed=True)
        else:
            self._is_awaited = False
            self._attempt.accepted(self._version)


def _position(body: Any) -> int | None:  # noqa: ANN401 - of requests
    """Where a body begins that can be sent again; None where it cannot."""
    if isinstance(body, str | bytes | None):
        return 0
    try:
        return int(body.tell())
    except (AttributeError, OSError):
        return None


def _leaves(response: Response) -> bool:
    """Whether it leads to where requests would not send Authorization either."""
    url = urljoin(response.url, requote_uri(response.headers["Location"]))
    return bool(_REDIRECTS.should_strip_auth(response.request.url, url))  # type: ignore[no-untyped-call]  # by its stubs


def _error(status: int, url: str | None, text: str = "") -> HTTPError:
    response = Response()
    response.status_code, response.url = status, url or ""
    return HTTPError(text or f"{status} Client Error", response=response)


def _refused(name: str, error: Exception, url: str | None) -> HTTPError:
    status = getattr(getattr(error, "response", None), "status_code", 401)
    text = f"{status} Client Error: not sent, as what the secret '{name}' holds was just rejected"
    return _error(status, url, text)
