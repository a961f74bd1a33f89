"""How a driver's exceptions become ours, and what stands in the way of a connection to any target.

A driver wraps what happened in exceptions of its own, whose text may quote SQL, a request or a
password: which classes are among their causes decides, and no text.
"""

import socket
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Generic, Self, TypeVar

from shared.certificates import CertificateFaults
from shared.errors import ErrorRow, RotationError, Unreachable, Untrusted

E = TypeVar("E", bound=Exception)

# Where exceptions keep others beside their arguments: urllib3's MaxRetryError, and PyMySQL's.
_KEPT_IN = ("reason", "original_exception")


class NoAnswer(Unreachable):
    """Nobody answers at the target's address: it may be waking, and answer in a moment."""


@dataclass(frozen=True, slots=True)
class ConnectionFaults:
    """What can be wrong with a connection, the same for every driver: rows for its table."""

    unresolved: ErrorRow
    certificate: CertificateFaults
    no_tls: ErrorRow
    broken_tls: ErrorRow
    no_answer: ErrorRow

    @classmethod
    def at(cls, address: str, *, name: str | None = None) -> Self:
        """Of a target whose address is in this field of the secret.

        name: the field that may name another host for the certificate, where there is one.
        """
        return cls(
            unresolved=ErrorRow(
                Unreachable, "the name of the host cannot be resolved",
                f"check '{address}' and DNS", address,
            ),
            certificate=CertificateFaults.at(address, name=name),
            no_tls=ErrorRow(
                Untrusted, "the server offers no TLS", "enable TLS on the server", address
            ),
            broken_tls=ErrorRow(
                Unreachable, "the TLS connection broke",
                f"check '{address}', the port, that the server has TLS 1.2 or newer, and what is "
                "on the way to it", address,
            ),
            no_answer=ErrorRow(
                NoAnswer, "there was no answer",
                f"check '{address}', the port, security groups, the function's route and that the "
                "server is up or waking", address,
            ),
        )  # fmt: skip

    def row(self, error: BaseException) -> ErrorRow | None:
        """By the most telling of the error's causes; None where none is the network's or TLS's."""
        behind = causes(error)
        if _first(behind, socket.gaierror):
            return self.unresolved
        unproven = _first(behind, ssl.SSLCertVerificationError)
        if unproven:
            return self.certificate.row(getattr(unproven, "verify_code", 0))
        # Else a network breaks TLS as it breaks anything, which says nothing about who answers.
        if _first(behind, ssl.SSLError):
            return self.broken_tls
        # Timeouts, resets and refusals are its kinds.
        return self.no_answer if _first(behind, OSError) else None


def causes(error: BaseException) -> list[BaseException]:
    """The error, what it was raised from or during, and what it holds: each once, nearest first."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and not any(each is other for other in found):
            found.append(each)
            kept = [getattr(each, name, None) for name in _KEPT_IN]
            waiting += [each.__cause__, each.__context__, *each.args, *kept]
    return found


@dataclass(frozen=True, slots=True)
class _Translation(Generic[E]):
    kinds: tuple[type[E], ...]
    by: Callable[[E], RotationError]

    def __enter__(self) -> None: ...

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, self.kinds):
            return
        problem = self.by(error)
        # This frame stays in the problem's traceback: what it names would live as long, and the
        # driver's error has frames behind it that hold sockets, requests and passwords.
        del error, trace
        try:
            raise problem
        finally:
            # The `with` statement handles the driver's error still, so Python has put it here.
            problem.__context__ = None


def translate_errors(
    *kinds: type[E], by: Callable[[E], RotationError]
) -> AbstractContextManager[None]:
    """Raise the block's errors of these kinds as ours, with nothing of the driver's behind them."""
    return _Translation(kinds, by)


def _first(errors: list[BaseException], kind: type[E]) -> E | None:
    return next((each for each in errors if isinstance(each, kind)), None)
