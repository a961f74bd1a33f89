"""How a program that runs servers ends: in order, so that what it started ends too."""

import signal
import sys
import threading


def in_order() -> None:
    """Let a SIGTERM unwind all that is under way, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def wait() -> None:
    """Wait until Ctrl-C or SIGTERM: in pieces, as Python misses one that comes as a wait begins."""
    stopped = threading.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda *_: stopped.set())
    while not stopped.wait(0.5):
        pass
