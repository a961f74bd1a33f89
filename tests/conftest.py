"""Fixtures by concern, one file each."""

import signal

pytest_plugins = [
    "tests.fixtures.issuers",
    "tests.fixtures.servers",
    "tests.fixtures.replicas",
    "tests.fixtures.lab",
    "tests.fixtures.report",
    "tests.fixtures.evidence",
    "tests.fixtures.example",
]

# A shell that runs the tests in the background has Ctrl-C ignored, in all that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)
