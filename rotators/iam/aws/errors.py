"""What the errors of IAM and STS mean here; shared/aws/errors.py has those of every API.

Codes: IAM API reference and STS API reference, "Errors" of each operation, and "Common errors".
"""

from shared.aws.errors import Api
from shared.errors import (
    NEXT_ATTEMPT,
    Busy,
    ErrorRow,
    Forbidden,
    Misconfigured,
    Rejected,
    TargetMismatch,
)


class Gone(TargetMismatch):
    """There is no such user, or the user has no such key."""


class Full(Busy):
    """The user has as many keys as a user may have."""


_CHANGING = ErrorRow(Busy, "the user is being changed by another call", NEXT_ATTEMPT)
_NONE = ErrorRow(
    Gone, "there is no such user, or it has no such key",
    "correct 'username' in the secret, or make the user", "username",
)  # fmt: skip
IAM = Api(
    "IAM",
    "iam",
    "check the function's route to IAM, whose endpoint is one for all regions: in a VPC, a NAT "
    "gateway or an interface endpoint for IAM, else a stack without SubnetIds for this function",
    ErrorRow(
        Forbidden, "access was denied",
        "check that 'username' is that of a user who is there, as IAM says the same of one who is "
        "not; then let IamUserPrefixes of the stack have the beginning of the user's path and "
        "name, and look for a policy of the organization, or a permissions boundary, that denies "
        "this call",
        "username",
    ),
    {
        "NoSuchEntity": _NONE,
        "NoSuchEntityException": _NONE,
        "CreateAccessKey.LimitExceeded": ErrorRow(
            Full, "the user has two keys, which is all that a user may have", NEXT_ATTEMPT,
            "username",
        ),
        "TagUser.LimitExceeded": ErrorRow(
            Misconfigured, "the user has 50 tags, which is all that a user may have",
            "take three tags off the user: rotations note there which keys are theirs", "username",
        ),
        "ConcurrentModification": _CHANGING,
        "EntityTemporarilyUnmodifiable": _CHANGING,
    },
)  # fmt: skip

_BY_KEY = "access_key_id"
STS = Api(
    "STS",
    "sts",
    "check the function's route to STS in its own region: in a VPC, a NAT gateway or an interface "
    "endpoint for STS",
    ErrorRow(
        Forbidden, "access was denied",
        "look for what denies sts:GetCallerIdentity, such as the policy of a VPC endpoint for STS",
    ),
    {
        "InvalidClientTokenId": ErrorRow(
            Rejected, "the key is not known, or is inactive",
            "check at IAM that the user has this key and that it is active", _BY_KEY,
        ),
        "SignatureDoesNotMatch": ErrorRow(
            Rejected, "'secret_access_key' is not that of the key with this id",
            "store both as IAM gave them together", "secret_access_key",
        ),
        "RegionDisabledException": ErrorRow(
            Misconfigured, "STS is switched off in this region",
            "switch it on in the account's settings of IAM",
        ),
    },
)  # fmt: skip
