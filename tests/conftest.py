"""Fixtures by concern, one file each."""

import signal

from hypothesis import settings

pytest_plugins = [
    "tests.fixtures.issuers",
    "tests.fixtures.servers",
    "tests.fixtures.replicas",
    "tests.fixtures.lab",
    "tests.fixtures.report",
    "tests.fixtures.evidence",
    "tests.fixtures.example",
    "tests.fixtures.managed_users",
]

# Time is measured by benchmarks: a busy machine is no failure.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

# A shell that runs the tests in the background has Ctrl-C ignored, in all that they start too.
signal.signal(signal.SIGINT, signal.default_int_handler)
