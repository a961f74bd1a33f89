"""The ways to deploy the template, so that a test can look at each of them."""

from collections.abc import Iterable

from tests.deploy.stack.deployed import ACCOUNT, FUNCTIONS, NETWORK, REGION, Stack


def every_way() -> Iterable[Stack]:
    """Each set of functions, in each kind of network, with and without all else that is asked."""
    networks: tuple[dict[str, str], ...] = (
        {},
        NETWORK,
        {**NETWORK, "SecretsManagerEndpoint": "true"},
        {**NETWORK, "SecretsManagerEndpoint": "true", "SecurityGroupIds": "sg-1,sg-2"},
    )
    more = {
        "AlarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms",
        "CheckDaily": "true",
        "RenewReaders": "true",
        "KmsKeyArns": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1,arn:aws:kms:{REGION}:{ACCOUNT}:key/2",
        "LogKmsKeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/3",
        "MySqlAdminSetsPassword": "true",
        "PostgresAdminSetsPassword": "true",
        "SecretPrefixes": "orders-,/billing/",
        "SecretTagValue": "production",
    }
    for number in range(2 ** len(FUNCTIONS)):
        named = [name for bit, name in enumerate(FUNCTIONS) if number >> bit & 1]
        switches = {f"Deploy{name}": str(name in named).lower() for name in FUNCTIONS}
        for network in networks:
            for asked in ({}, more):
                yield Stack({**switches, **network, **asked})
