"""Fixtures by concern, one file each."""

pytest_plugins = [
    "tests.fixtures_issuers",
    "tests.fixtures_servers",
    "tests.fixtures_lab",
    "tests.fixtures_report",
]
