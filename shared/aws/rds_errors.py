"""What the RDS API's errors mean to a rotation.

Codes: the API reference's "Errors" of DescribeDBInstances and DescribeDBClusters.
"""

from shared.aws.errors import Api
from shared.errors import ErrorRow, Forbidden, TargetMismatch


class DatabaseNotFound(TargetMismatch):
    """There is no such instance or cluster in this account and region."""


_ABSENT = ErrorRow(DatabaseNotFound, "nothing was found", "correct 'masterarn'", "masterarn")
RDS = Api(
    "Amazon RDS",
    "rds",
    "check the function's route to the RDS API: in a VPC, an interface endpoint for rds or a NAT "
    "gateway, and their security groups",
    ErrorRow(
        Forbidden, "access was denied",
        "allow rds:DescribeDBInstances and rds:DescribeDBClusters in the function's role, and in "
        "the VPC endpoint's policy", "masterarn",
    ),
    dict.fromkeys(
        # The last two: a first label that cannot be an identifier.
        ("DBInstanceNotFound", "DBInstanceNotFoundFault", "DBClusterNotFoundFault",
         "InvalidParameterValue", "ValidationError"), _ABSENT,
    ),
)  # fmt: skip
