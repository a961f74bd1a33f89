"""For httpx: `httpx.Client(auth=rotating.httpx.Auth(secret))`, and `AsyncClient` likewise.

On 401 the request is sent again with the version of the secret that works.
"""

from collections.abc import AsyncGenerator, Callable, Generator, Mapping

import httpx
from httpx import ByteStream, Cookies, HTTPStatusError, Request, Response

from rotating.errors import RotatingError
from rotating.http import Headers, bearer, checked, is_silent, is_unauthorized, origin
from rotating.redirects import Watch, is_to_watch
from rotating.secret import Secret
from rotating.version import Version


class Auth(httpx.Auth):
    """Puts the secret into each request, for any number of threads and tasks.

    headers: how; `bearer`, `header` and `basic` of rotating.http make it, or a function of yours
    from a version to headers. rejected: whether an answer says that the credential is wrong; from
    400 on, its body has been read.

    The caller gets the last 401 if every version is rejected, or if the body cannot be sent twice:
    set `requires_request_body` to have a stream read into memory first. A request fails as
    HTTPStatusError, without being sent, while what was rejected may not be tried again.
    """

    def __init__(
        self,
        secret: Secret,
        headers: Headers | None = None,
        *,
        rejected: Callable[[Response], bool] | None = None,
    ) -> None:
        self.secret = secret
        self.headers = headers or bearer()
        self.rejected = rejected or _is_unauthorized

    def sync_auth_flow(self, request: Request) -> Generator[Request, Response, None]:
        """Called by httpx."""
        if self.requires_request_body:
            request.read()
        exchange = _Exchange(self, request, "look")
        try:
            while exchange.sign(exchange.attempt.next()):
                if exchange.is_passed_over:
                    continue
                response = yield exchange.request
                if self._is_to_read(response):
                    response.read()
                if not exchange.is_sent_again(response):
                    break
                response.read()  # so that its connection can be used again
        finally:
            exchange.end()

    async def async_auth_flow(self, request: Request) -> AsyncGenerator[Request, Response]:
        """Called by httpx."""
        if self.requires_request_body:
            await request.aread()
        exchange = _Exchange(self, request, "look_async")
        try:
            while exchange.sign(await exchange.attempt.next_async()):
                if exchange.is_passed_over:
                    continue
                response = yield exchange.request
                if self._is_to_read(response):
                    await response.aread()
                if not exchange.is_sent_again(response):
                    break
                await response.aread()
        finally:
            exchange.end()

    def _is_to_read(self, response: Response) -> bool:
        """A function that looks into a body would fail just when the credential is rejected."""
        is_own = self.rejected is not _is_unauthorized
        return self.requires_response_body or (is_own and response.is_error)


class _Exchange:
    """One request, and what is sent again for it: the last request of its redirects."""

    def __init__(self, auth: Auth, request: Request, look: str) -> None:
        self.request = request
        self.attempt = auth.secret.begin(target=origin(str(request.url)))
        self.is_passed_over = False  # what was signed with last, as it is of no use
        self._auth = auth
        self._look = look
        self._version: Version | None = None
        self._is_sent = False
        self._is_open = False  # whether the others wait for what comes of this version
        self._sent: Mapping[str, str] = {}

    def sign(self, version: Version | None) -> bool:
        """Whether there is a version to send it with."""
        if version is None and not self._is_sent:
            raise _refused(self._auth.secret.name, self.attempt.error, self.request)
        if version is None:
            return False
        self._version, self._is_open = version, True
        try:
            self._sent = checked(self._auth.headers, version, self._auth.secret.name)
            self.is_passed_over = False
        except RotatingError as error:
            self.is_passed_over = self.attempt.passes_over(version, error)
            if not self.is_passed_over:
                raise
            self._end(failed=True)
            return True
        is_first, self._is_sent = not self._is_sent, True
        if is_first and is_to_watch(self._sent):
            self.request.extensions["trace"] = getattr(Watch(self.request, self._sent), self._look)
        self.request.headers.update(self._sent)
        return True

    def is_sent_again(self, response: Response) -> bool:
        """Tell what the answer says of the version; whether another one is worth a try."""
        self.request = response.request
        if self._version is None:
            return False
        if self._is_rejected(response):
            self._is_open = False
            self.attempt.rejected(self._version, _error(response.status_code, response.request))
            if response.cookies:
                Cookies(response.cookies).set_cookie_header(self.request)
            return isinstance(self.request.stream, ByteStream)
        in_doubt = self._is_of_it(response) and self.attempt.is_in_doubt(self._version)
        if is_silent(response.status_code, in_doubt=in_doubt):
            self._end(failed=True)
        elif not self._is_elsewhere(self._version, response):
            self._is_open = False
            self.attempt.accepted(self._version)
        return False

    def end(self) -> None:
        """No answer came, or none that says anything."""
        self._end(failed=False)

    def _end(self, *, failed: bool) -> None:
        if self._is_open and self._version is not None:
            self._is_open = False
            self.attempt.left(self._version, failed=failed)

    def _is_rejected(self, response: Response) -> bool:
        return self._is_of_it(response) and self._auth.rejected(response)

    def _is_elsewhere(self, version: Version, response: Response) -> bool:
        """Whether it was rejected, and this is no answer to it: a redirect, or from elsewhere.

        Of another version it is enough, or all who only ever see such answers would go one by one.
        """
        is_answer = self._is_of_it(response) and not response.has_redirect_location
        return not is_answer and self.attempt.is_in_doubt(version)

    def _is_of_it(self, response: Response) -> bool:
        headers = response.request.headers
        return all(headers.get(name) == value for name, value in self._sent.items())


def _is_unauthorized(response: Response) -> bool:
    return is_unauthorized(response.status_code)


def _error(status: int, request: Request, text: str = "") -> HTTPStatusError:
    bare = Request(request.method, request.url)  # it is kept, and a body may be big
    response = Response(status, request=bare)
    return HTTPStatusError(text or f"{status} Client Error", request=bare, response=response)


def _refused(name: str, error: Exception, request: Request) -> HTTPStatusError:
    status = getattr(getattr(error, "response", None), "status_code", 401)
    text = f"{status} Client Error: not sent, as what the secret '{name}' holds was just rejected"
    return _error(status, request, text)
