"""What clients do today: read at each login, keep for a while, or poll AWSCURRENT when refused."""

import json
import random
import threading
import time
from collections.abc import Callable, Mapping

import botocore.session
from rotating import is_rejection

Document = Mapping[str, str]
Use = Callable[[Document], None]

# A usual cache keeps a value for five minutes, and rotations are weeks apart. Here they are a
# second or two apart; so is this, which lets the cache see every second version at least.
TTL_SECONDS = 1.0
# As AWS's JDBC and Go drivers do since autumn 2026: AWSCURRENT again, with backoff and jitter.
POLL_SECONDS = 30.0
_FIRST_PAUSE_SECONDS = 0.1
_LAST_PAUSE_SECONDS = 5.0


class Reader:
    """AWSCURRENT's value, by the SDK as it comes."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._client = botocore.session.get_session().create_client("secretsmanager")

    def __call__(self) -> Document:
        """Read it now."""
        answer = self._client.get_secret_value(SecretId=self._secret)  # type: ignore[attr-defined]  # made at run time
        document: Document = json.loads(answer["SecretString"])
        return document


def naive(read: Reader, use: Use) -> Callable[[], None]:
    """Reads at each login."""
    return lambda: use(read())


def ttl(read: Reader, use: Use) -> Callable[[], None]:
    """Keeps what it has read for TTL_SECONDS, whatever the target says."""
    kept: list[tuple[float, Document]] = []

    def call() -> None:
        if not kept or time.monotonic() - kept[-1][0] > TTL_SECONDS:
            kept[:] = [(time.monotonic(), read())]
        use(kept[-1][1])

    return call


def poll(read: Reader, use: Use) -> Callable[[], None]:
    """Keeps what it has read until it is refused, then polls until POLL_SECONDS are over."""
    kept: list[Document] = []
    reading = threading.Lock()

    def call() -> None:
        until, pause = time.monotonic() + POLL_SECONDS, _FIRST_PAUSE_SECONDS
        while True:
            try:
                with reading:
                    kept[:] = kept or [read()]
                    document = kept[0]
                use(document)
            except Exception as error:
                if not is_rejection(error) or time.monotonic() > until:
                    raise
                time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - nothing secret
                pause = min(pause * 2, _LAST_PAUSE_SECONDS)
                kept.clear()
            else:
                return

    return call


RIVALS: Mapping[str, Callable[[Reader, Use], Callable[[], None]]] = {
    "naive": naive,
    "TTL": ttl,
    "poll": poll,
}
