"""What AWS runs beside an application: the Secrets Manager Agent, or the Lambda extension.

Source: aws/aws-secretsmanager-agent (now aws/aws-workload-credentials-provider), README.md and
server.rs; AWS Lambda Developer Guide, "Use Secrets Manager secrets in Lambda functions".
"""

import contextlib
import logging
import os
import socket
import time
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from threading import Timer
from urllib.parse import urlencode

from rotating.agent.answer import Answer
from rotating.agent.token import Token
from rotating.version import Version

LOG = logging.getLogger("rotating")
# Nowhere else: the values come in clear.
_HOST = "127.0.0.1"
_PORT = 2773
_PORT_VARIABLE = "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT"
_HEADER = "X-Aws-Parameters-Secrets-Token"
_TIMEOUT_SECONDS = 5.0
# It begins beside the application, and may be later than the first question.
_STARTING_SECONDS = 1.0
_PAUSE_SECONDS = 0.05
# More than the 65,536 bytes that a secret may have, as JSON or base64 writes them.
_LARGEST_BYTES = 512 * 1024


class Agent:
    """A secret, by its name or ARN, from the Agent or the extension on this machine's loopback.

    It is asked to read anew each time; where it does not know how, it answers from its cache, and
    a warning is logged.
    port: else the extension's own variable's, or 2773. token: else as Token finds it.
    """

    def __init__(self, name: str, *, port: int | None = None, token: str = "") -> None:
        self.name = name
        self._port = port or int(os.environ.get(_PORT_VARIABLE) or _PORT)
        self._token = Token(token)
        self._is_told = False

    def read(self, stage: str) -> Version:
        """As the Agent reads it, by GetSecretValue."""
        answer = self._answer(stage)
        version = answer.version(self.name)
        if version is None:
            raise answer.error(f"{stage} of the secret '{self.name}'", self._place, self._token)
        return version

    def next_rotation(self) -> datetime | None:
        """None: neither of the two says it."""
        return None

    @property
    def _place(self) -> str:
        return f"the agent on {_HOST}:{self._port}"

    def _answer(self, stage: str) -> Answer:
        """Once more while it is starting."""
        until = time.monotonic() + _STARTING_SECONDS
        while (answer := self._permitted(stage)).is_starting and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)
        return answer

    def _permitted(self, stage: str) -> Answer:
        """Once more where the token is another one by now."""
        token = self._token.found()
        answer = self._refreshed(stage, token)
        if answer.is_bad_token and (fresh := self._token.found()) != token:
            return self._refreshed(stage, fresh)
        return answer

    def _refreshed(self, stage: str, token: str) -> Answer:
        """From its cache where it does not know what `refreshNow` is."""
        answer = self._ask(token, secretId=self.name, versionStage=stage, refreshNow="true")
        if not answer.is_bad_request:
            return answer
        cached = self._ask(token, secretId=self.name, versionStage=stage)
        if not cached.is_bad_request and not self._is_told:
            self._is_told = True
            LOG.warning("%s does not read anew: a value is as old as its cache", self._place)
        return cached

    def _ask(self, token: str, **asked: str) -> Answer:
        connection = HTTPConnection(_HOST, self._port, timeout=_TIMEOUT_SECONDS)
        late = Timer(_TIMEOUT_SECONDS, _end, [connection])  # however slowly the bytes come
        late.daemon = True
        late.start()
        try:
            path = f"/secretsmanager/get?{urlencode(asked)}"
            connection.request("GET", path, headers={_HEADER: token})
            said = connection.getresponse()
            return Answer(said.status, said.read(_LARGEST_BYTES))
        except (OSError, HTTPException, ValueError) as error:
            return Answer.none(error)
        finally:
            late.cancel()
            connection.close()


def _end(connection: HTTPConnection) -> None:
    with contextlib.suppress(OSError, AttributeError):  # it has ended by itself
        connection.sock.shutdown(socket.SHUT_RDWR)
