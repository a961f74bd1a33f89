"""Valkey and Redis: the function that rotates their users' passwords."""

from rotators.valkey.engine import ValkeyEngine
from rotators.valkey.strategy import UserOfNodes
from shared.handler import make_handler

single_user = make_handler(
    lambda environment: UserOfNodes(ValkeyEngine.from_environment(environment), environment),
    strategy="single_user",
)
