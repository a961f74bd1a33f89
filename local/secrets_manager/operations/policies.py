"""Resource policies: kept with the secret, and not enforced."""

from local.secrets_manager.state import Answer, Request, ServiceState


def put_resource_policy(state: ServiceState, request: Request) -> Answer:
    """PutResourcePolicy."""
    secret = state.find(request)
    secret.policy = request["ResourcePolicy"]
    return secret.answer()


def get_resource_policy(state: ServiceState, request: Request) -> Answer:
    """GetResourcePolicy: no ResourcePolicy in the answer where there is none."""
    secret = state.find(request, replica_too=True)
    return secret.answer(ResourcePolicy=secret.policy)


def delete_resource_policy(state: ServiceState, request: Request) -> Answer:
    """DeleteResourcePolicy, of a secret without one too."""
    secret = state.find(request)
    secret.policy = None
    return secret.answer()
