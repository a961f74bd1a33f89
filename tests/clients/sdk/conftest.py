"""The local Secrets Manager's fixtures, for the tests in this folder."""

from tests.fixtures.secrets_manager import client, clock, function, secret, service

__all__ = ["client", "clock", "function", "secret", "service"]
