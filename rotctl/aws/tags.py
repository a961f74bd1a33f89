"""A secret's tags, one at a time."""

from rotctl.aws.session import Aws

_SERVICE = "secretsmanager"


def put(aws: Aws, arn: str, key: str, value: str) -> None:
    """Let the secret have the tag, whatever its value was; raises Trouble."""
    aws.call(_SERVICE, "tag_resource", SecretId=arn, Tags=[{"Key": key, "Value": value}])


def take_off(aws: Aws, arn: str, key: str) -> None:
    """Let the secret not have the tag, also where it has none; raises Trouble."""
    aws.call(_SERVICE, "untag_resource", SecretId=arn, TagKeys=[key])
