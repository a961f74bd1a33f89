"""CreateSecret, PutSecretValue, UpdateSecret, UpdateSecretVersionStage (facts 2, 8-11, 16, 17)."""

import base64
from typing import Literal

from local.secrets_manager import errors
from local.secrets_manager.arn import NAME
from local.secrets_manager.operations import replication, tags
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState, token_of
from local.secrets_manager.versions import CURRENT, PENDING, PREVIOUS, Value

_MAX_BYTES = 65_536


def create_secret(state: ServiceState, request: Request) -> Answer:
    """CreateSecret: the same token and value again is a success."""
    name = request["Name"]
    if not NAME.fullmatch(name):
        raise errors.invalid_name()
    replicas = request.get("AddReplicaRegions", ())
    replication.check(state, replicas)
    value = value_of(request)
    token = None if value is None else token_of(request)
    given = tags.check(tags.tags_of(request.get("Tags", ())))
    existing = state.store.named(name)
    if existing is not None:
        return _create_again(existing, token, value)
    now = state.clock.now()
    secret = Secret(state.account, state.region, request, now)
    secret.tags = given or None
    if value is not None and token is not None:
        secret.versions.put(token, value, [CURRENT], now)
    state.store.add(secret)
    force = request.get("ForceOverwriteReplicaSecret", False)
    status = replication.replicate(state, secret, replicas, force=force)
    return secret.answer(VersionId=token, ReplicationStatus=status or None)


def _create_again(secret: Secret, token: str | None, value: Value | None) -> Answer:
    if secret.is_deleted():
        raise errors.invalid_request(
            "You can't create this secret because a secret with this name is already "
            "scheduled for deletion."
        )
    version = secret.versions.get(token) if token else None
    if token is None or version is None or value is None:
        raise errors.secret_exists(secret.name)
    if version.value != value:
        raise errors.token_in_use(token, secret.arn)
    return secret.answer(VersionId=token)


def put_secret_value(state: ServiceState, request: Request) -> Answer:
    """PutSecretValue (facts 2, 8, 9): a version is given its value once."""
    secret = state.find(request)
    value = value_of(request)
    if value is None:
        raise errors.invalid_request("You must provide either SecretString or SecretBinary.")
    token = token_of(request)
    _check_rotation_token(state, secret, token, request.get("RotationToken"))
    _put(state, secret, token, value, set(request.get("VersionStages") or [CURRENT]))
    return secret.answer(VersionId=token, VersionStages=secret.versions.labels(token))


def update_secret(state: ServiceState, request: Request) -> Answer:
    """UpdateSecret: description and key, and a new AWSCURRENT version if a value is given.

    A replica may have its key changed, and nothing else (user guide, Promote a replica).
    """
    only_key = request.keys() <= {"SecretId", "KmsKeyId", "ClientRequestToken"}
    secret = state.find(request, replica_too=only_key and "KmsKeyId" in request)
    value = value_of(request)
    token = None if value is None else token_of(request)
    if value is not None and token is not None:
        _put(state, secret, token, value, {CURRENT})
    if "Description" in request:
        secret.description = request["Description"]
    if "KmsKeyId" in request:
        holders = secret.versions.holders()
        labelled = [holders[label] for label in (CURRENT, PENDING, PREVIOUS) if label in holders]
        secret.encryption.change(request["KmsKeyId"], secret.versions.ids(), labelled)
    secret.changed = state.clock.now()
    return secret.answer(VersionId=token)


def update_secret_version_stage(state: ServiceState, request: Request) -> Answer:
    """UpdateSecretVersionStage (facts 10 and 11)."""
    secret = state.find(request)
    with state.changing(secret):
        secret.versions.move(
            request["VersionStage"],
            to=request.get("MoveToVersionId"),
            away_from=request.get("RemoveFromVersionId"),
            now=state.clock.now(),
        )
    return secret.answer()


def _put(state: ServiceState, secret: Secret, token: str, value: Value, labels: set[str]) -> None:
    existing = secret.versions.get(token)
    if existing is not None and existing.value is not None:
        if existing.value != value:
            raise errors.token_in_use(token, secret.arn)
        return  # the same value again changes nothing, labels neither
    if secret.versions.holder(CURRENT) is None:
        labels = labels | {CURRENT}  # a secret's first version is always its current one
    with state.changing(secret):
        secret.versions.put(token, value, labels, state.clock.now())


def _check_rotation_token(
    state: ServiceState, secret: Secret, version_id: str, given: str | None
) -> None:
    """Fact 2: a token must be right; it must be there if the settings say so."""
    rotation = secret.incomplete
    is_rotations = rotation is not None and rotation.version_id == version_id
    if given is None:
        if is_rotations and state.settings.require_rotation_token:
            raise errors.access_denied(
                "PutSecretValue by a rotation function needs this rotation's RotationToken."
            )
        return
    if rotation is None or rotation.token != given:
        raise errors.access_denied("The RotationToken is not that of this rotation.")


def value_of(request: Request) -> Value | None:
    """The request's value, if it has one; refuses two, and over 65,536 bytes (fact 17)."""
    keys: tuple[Literal["SecretString", "SecretBinary"], ...] = ("SecretString", "SecretBinary")
    given = [Value(key, request[key]) for key in keys if key in request]
    if not given:
        return None
    if len(given) > 1:
        raise errors.invalid_parameter(
            "You can't specify both a binary secret value and a string secret value in the same "
            "secret."
        )
    (value,) = given
    is_text = value.key == "SecretString"
    raw = value.text.encode() if is_text else base64.b64decode(value.text)
    if len(raw) > _MAX_BYTES:  # the API's model counts a text's characters
        field = value.key[0].lower() + value.key[1:]
        raise errors.validation(field, f"have length less than or equal to {_MAX_BYTES}")
    return value
