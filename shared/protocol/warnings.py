"""The warnings that checks log, told as findings too while a diagnosis runs."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from shared.protocol.findings import Findings, Link

# Of logins each version's own finding tells.
_TELLING = (Link.ADMIN, Link.RIGHTS, Link.STRATEGY)


class _Warnings(logging.Handler):
    def __init__(self, findings: Findings) -> None:
        super().__init__(logging.WARNING)
        self._findings = findings
        self._thread = threading.get_ident()  # a local system runs functions side by side

    def emit(self, record: logging.LogRecord) -> None:
        at = self._findings.at
        if record.thread == self._thread and at is not None and at[0] in _TELLING:
            self._findings.warn(record.getMessage())


@contextmanager
def told_as_findings(findings: Findings) -> Iterator[None]:
    """Have each warning of the block told about what it looks at just then."""
    handler = _Warnings(findings)
    logger = logging.getLogger("rotation")
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
