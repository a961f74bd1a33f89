"""BatchGetSecretValue: the current values of the secrets it names, or finds by filters."""

from local.secrets_manager import errors
from local.secrets_manager.operations.filters import matches
from local.secrets_manager.operations.paging import page
from local.secrets_manager.operations.reads import get_secret_value
from local.secrets_manager.state import Answer, Request, ServiceState

_MAX_BATCH = 20


def batch_get_secret_value(state: ServiceState, request: Request) -> Answer:
    """BatchGetSecretValue: values, and an error for each secret that has none to give.

    Filters find no secret that is scheduled for deletion, as ListSecrets does not; one that is
    named is an error. The texts of what is refused are moto's.
    """
    has_names, has_filters = bool(request.get("SecretIdList")), bool(request.get("Filters"))
    if has_names == has_filters:
        raise errors.invalid_parameter(
            "Either 'SecretIdList' or 'Filters' must be provided, but not both."
        )
    if has_names and ("MaxResults" in request or "NextToken" in request):
        raise errors.invalid_parameter(
            "'Filters' not specified. 'Filters' must also be specified when 'MaxResults' is "
            "provided."
        )
    secret_ids = request["SecretIdList"] if has_names else _found(state, request)
    batch, token = page(secret_ids, request, "BatchGetSecretValue", _MAX_BATCH)
    values: list[Answer] = []
    refused: list[Answer] = []
    for secret_id in batch:
        try:
            values.append(get_secret_value(state, {"SecretId": secret_id}))
        except errors.Refusal as error:
            refused.append(
                {"SecretId": secret_id, "ErrorCode": error.code, "Message": error.message}
            )
    return {"SecretValues": values, "Errors": refused, **token}


def _found(state: ServiceState, request: Request) -> list[str]:
    return [
        secret.arn
        for secret in state.secrets()
        if not secret.is_deleted() and matches(secret, request["Filters"])
    ]
