"""Which of AWS's templates a function was made of, as its tags and its name say.

Source: the Serverless Application Model, which gives each function of AWS's repository its tag;
the names are those of the user guide's "AWS Secrets Manager rotation function templates".
"""

import re
from collections.abc import Mapping

from rotctl.aws.functions import Function

_APPLICATION = "serverlessrepo:applicationId"
_TEMPLATE = re.compile(r"SecretsManager\w*?Rotation(?:SingleUser|MultiUser)")
# AWS's template, and the function of ours that takes its secrets.
TAKEN: Mapping[str, str] = {
    "SecretsManagerRDSPostgreSQLRotationSingleUser": "PostgresSingleUser",
    "SecretsManagerRDSPostgreSQLRotationMultiUser": "PostgresAlternatingUsers",
    "SecretsManagerRDSMySQLRotationSingleUser": "MySqlSingleUser",
    "SecretsManagerRDSMariaDBRotationSingleUser": "MySqlSingleUser",
    "SecretsManagerRDSMySQLRotationMultiUser": "MySqlAlternatingUsers",
    "SecretsManagerRDSMariaDBRotationMultiUser": "MySqlAlternatingUsers",
}


def templates(function: Function, tags: Mapping[str, str]) -> set[str]:
    """The names that are found; none, or more than one, where it cannot be told."""
    application = tags.get(_APPLICATION, "").rpartition("/")[2]
    return {*_TEMPLATE.findall(application), *_TEMPLATE.findall(function.name)}
