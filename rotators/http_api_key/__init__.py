"""API keys of any issuer with an HTTP API that is described: the function that rotates them."""

from rotators.http_api_key.issuer import HttpIssuer
from shared.handler import make_handler
from shared.keys.backend import ApiKeyBackend

lambda_handler = make_handler(
    lambda environment: ApiKeyBackend(HttpIssuer.from_environment(environment), environment),
    strategy="api_key",
)
