"""Fixtures by concern, one file each."""

import signal

pytest_plugins = [
    "tests.fixtures_issuers",
    "tests.fixtures_servers",
    "tests.fixtures_lab",
    "tests.fixtures_report",
    "tests.fixtures_evidence",
]

# A shell that runs the tests in the background has Ctrl-C ignored, in all that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)
