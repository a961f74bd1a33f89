"""A secret's resource policy: read and kept, and not enforced."""

from local.secrets_manager import errors, policy
from local.secrets_manager.operations.paging import page
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState

# The one policy that can be attached (API reference).
_NAME = "default"
_MAX_PAGE = 100
_BROAD = "You can't attach a resource-based policy that allows broad access to the secret."


def put_resource_policy(state: ServiceState, request: Request) -> Answer:
    """PutResourcePolicy: a public one is refused if BlockPublicPolicy says so, and kept if not.

    Recorded on AWS: that it is kept (LocalStack's test_resource_policy).
    """
    secret = state.find(request)
    _check_name(request)
    statements = policy.parse(request["ResourcePolicy"])
    if request.get("BlockPublicPolicy") and policy.is_public(statements):
        raise errors.refusal("PublicPolicyException", _BROAD)
    secret.policy = request["ResourcePolicy"]
    return _answer(secret, request)


def get_resource_policy(state: ServiceState, request: Request) -> Answer:
    """GetResourcePolicy: no ResourcePolicy in the answer where there is none (moto's pull 6049)."""
    secret = state.find(request, replica_too=True)
    if request.get("PolicyName", _NAME) != _NAME:
        raise errors.refusal(
            "ResourceNotFoundException", "Secrets Manager can't find the specified policy."
        )
    return _answer(secret, request, ResourcePolicy=secret.policy)


def delete_resource_policy(state: ServiceState, request: Request) -> Answer:
    """DeleteResourcePolicy, of a secret without one too."""
    secret = state.find(request)
    _check_name(request)
    secret.policy = None
    return _answer(secret, request)


def list_resource_policies(state: ServiceState, request: Request) -> Answer:
    """ListResourcePolicies: the name of the policy, if there is one."""
    secret = state.find(request, replica_too=True)
    names = [{"PolicyName": _NAME}] if secret.policy is not None else []
    listed, token = page(names, request, "ListResourcePolicies", _MAX_PAGE)
    return {"ResourcePolicies": listed, **token}


def validate_resource_policy(state: ServiceState, request: Request) -> Answer:
    """ValidateResourcePolicy: the policy's syntax and breadth; a check's name is chosen."""
    if "SecretId" in request:
        state.find(request)
    statements = policy.parse(request["ResourcePolicy"])
    broad = [{"CheckName": "PublicAccess", "ErrorMessage": _BROAD}]
    found = broad if policy.is_public(statements) else []
    return {"PolicyValidationPassed": not found, "ValidationErrors": found}


def _check_name(request: Request) -> None:
    if request.get("PolicyName", _NAME) != _NAME:
        raise errors.invalid_parameter(f"Only the policy {_NAME} can be attached or deleted.")


def _answer(secret: Secret, request: Request, **more: object) -> Answer:
    """Which secret, and which policy if the request named it."""
    return secret.answer(PolicyName=request.get("PolicyName"), **more)
