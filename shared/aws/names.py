"""What Secrets Manager calls a secret."""


def secret_name(arn: str) -> str:
    """The name in a secret's whole ARN, whose last seven characters are the service's own.

    Source: Secrets Manager User Guide, "What's in a Secrets Manager secret?".
    """
    return arn.partition(":secret:")[2][: -len("-AbCdEf")]
