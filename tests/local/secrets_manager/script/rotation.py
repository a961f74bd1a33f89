"""A rotation function as AWS's users write them: the template's steps, in one plain script."""

# As unadorned as its users write it.
# mypy: ignore-errors

import os

import boto3

service = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])


def lambda_handler(event, context):
    """Leave AWSPENDING to the service, as AWS's own functions do."""
    rotate(event["SecretId"], event["ClientRequestToken"], event["Step"], finish)


def tidy_handler(event, context):
    """Take AWSPENDING off, as LocalStack's copy of the template does."""
    rotate(event["SecretId"], event["ClientRequestToken"], event["Step"], finish_and_tidy)


def rotate(arn, token, step, finish_step):
    """Guards first; then one step."""
    metadata = service.describe_secret(SecretId=arn)
    if not metadata["RotationEnabled"]:
        raise ValueError(f"Secret {arn} is not enabled for rotation")
    versions = metadata["VersionIdsToStages"]
    if token not in versions:
        raise ValueError(f"Secret version {token} has no stage for rotation of secret {arn}")
    if "AWSCURRENT" in versions[token]:
        return
    if "AWSPENDING" not in versions[token]:
        raise ValueError(f"Secret version {token} not set as AWSPENDING for secret {arn}")
    {
        "createSecret": create,
        "setSecret": put_in_use,
        "testSecret": try_out,
        "finishSecret": finish_step,
    }[step](arn, token)


def create(arn, token):
    """A password, put once: a second run finds it."""
    service.get_secret_value(SecretId=arn, VersionStage="AWSCURRENT")
    try:
        service.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")
    except service.exceptions.ResourceNotFoundException:
        password = service.get_random_password(ExcludeCharacters="/@\"'\\")
        service.put_secret_value(
            SecretId=arn,
            ClientRequestToken=token,
            SecretString=password["RandomPassword"],
            VersionStages=["AWSPENDING"],
        )


def put_in_use(arn, token):
    """There is no database."""
    service.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")


def try_out(arn, token):
    """There is nothing to log in to."""
    service.get_secret_value(SecretId=arn, VersionId=token, VersionStage="AWSPENDING")


def finish(arn, token):
    """Move AWSCURRENT from whatever version has it."""
    versions = service.describe_secret(SecretId=arn)["VersionIdsToStages"]
    current = next(each for each, stages in versions.items() if "AWSCURRENT" in stages)
    if current != token:
        service.update_secret_version_stage(
            SecretId=arn,
            VersionStage="AWSCURRENT",
            MoveToVersionId=token,
            RemoveFromVersionId=current,
        )


def finish_and_tidy(arn, token):
    """Then take AWSPENDING off."""
    finish(arn, token)
    service.update_secret_version_stage(
        SecretId=arn, VersionStage="AWSPENDING", RemoveFromVersionId=token
    )
