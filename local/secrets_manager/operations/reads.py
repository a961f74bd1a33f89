"""GetSecretValue, DescribeSecret and ListSecretVersionIds (facts 7, 12-16)."""

from local.secrets_manager import errors
from local.secrets_manager.operations.paging import page
from local.secrets_manager.secret import Secret
from local.secrets_manager.state import Answer, Request, ServiceState
from local.secrets_manager.versions import CURRENT, Version

_MAX_PAGE = 100


def get_secret_value(state: ServiceState, request: Request) -> Answer:
    """GetSecretValue by id, by label or by both (facts 12 and 13)."""
    secret = state.find(request, replica_too=True)
    label = request.get("VersionStage")
    if version_id := request.get("VersionId"):
        version, labels = _by_id(secret, version_id, label)
    else:
        version, labels = _by_label(secret, label or CURRENT)
    if version.value is None:
        kind, which = ("staging label", label) if label else ("VersionId", version.id)
        raise errors.value_not_found(kind, which)
    secret.note_access(version.id, state.clock.now())
    return secret.answer(
        VersionId=version.id,
        VersionStages=labels or None,
        CreatedDate=version.created,
        **{version.value.key: version.value.text},
    )


def describe_secret(state: ServiceState, request: Request) -> Answer:
    """DescribeSecret, of a deleted secret too."""
    return state.find(request, deleted_too=True, replica_too=True).describe()


def list_secret_version_ids(state: ServiceState, request: Request) -> Answer:
    """ListSecretVersionIds: versions with a value; unlabelled ones if asked (facts 7, 15)."""
    secret = state.find(request, deleted_too=True, replica_too=True)
    entries = [
        _entry(secret, version)
        for version in secret.versions.valued()
        if request.get("IncludeDeprecated") or secret.versions.labels(version.id)
    ]
    listed, token = page(entries, request, "ListSecretVersionIds", _MAX_PAGE)
    return secret.answer(Versions=listed, **token)


def _entry(secret: Secret, version: Version) -> Answer:
    """One version, as LocalStack recorded it on AWS (test_deprecated_secret_version_stage)."""
    entry: Answer = {
        "VersionId": version.id,
        "CreatedDate": version.created,
        "KmsKeyIds": [secret.encryption.key_of(version.id)],
    }
    if labels := secret.versions.labels(version.id):
        entry["VersionStages"] = labels
    if version.id in secret.accessed:
        entry["LastAccessedDate"] = secret.accessed[version.id]
    return entry


def _by_id(secret: Secret, version_id: str, label: str | None) -> tuple[Version, list[str]]:
    version = secret.versions.get(version_id)
    if version is None or secret.stale.hides(version_id):
        raise errors.value_not_found("VersionId", version_id)
    if label and _holder(secret, label)[0] != version_id:
        raise errors.invalid_request(
            "You provided a VersionStage that is not associated to the provided VersionId."
        )
    return version, secret.versions.labels(version_id)


def _by_label(secret: Secret, label: str) -> tuple[Version, list[str]]:
    version_id, labels = _holder(secret, label)
    version = secret.versions.get(version_id) if version_id else None
    if version is None or version.value is None or secret.stale.hides(version.id):
        raise errors.value_not_found("staging label", label)
    return version, labels


def _holder(secret: Secret, label: str) -> tuple[str | None, list[str]]:
    """The version with the label and its labels, as this read sees them (fact 13)."""
    past = secret.stale.past(label)
    version_id = secret.versions.holder(label)
    if past is None:
        return version_id, secret.versions.labels(version_id) if version_id else []
    if version_id:
        secret.stale.hides(version_id)  # this read counts for the version too
    version_id = past.holders.get(label)
    return version_id, past.labels(version_id) if version_id else []
