"""The region in an ARN, of a secret or of a function: its fourth part."""

import re

_PARTS = re.compile(r"(arn:[^:]*:[^:]*:)([^:]*)(:.*)", re.DOTALL)


def in_region(arn: str, region: str) -> str:
    """The same ARN in another region; what is no ARN stays as it is."""
    return _PARTS.sub(rf"\g<1>{region}\g<3>", arn)


def region_in(arn: str, default: str) -> str:
    """The ARN's region; the default for what is no ARN, such as a name."""
    parts = _PARTS.fullmatch(arn)
    return parts[2] if parts else default
