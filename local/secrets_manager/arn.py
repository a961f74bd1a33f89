"""What is in an ARN: of a secret its name, of a function too its region, the fourth part."""

import re

# `!` is in the service's own words, and in the names of secrets that other services own.
NAME = re.compile(r"[A-Za-z0-9/_+=.@!-]+")
# A secret's; without its suffix it is a partial one.
SECRET = re.compile(
    r"arn:aws[a-z-]*:secretsmanager:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):secret:"
    rf"(?P<name>{NAME.pattern}?)(?P<suffix>-[A-Za-z0-9]{{6}})?"
)
_PARTS = re.compile(r"(arn:[^:]*:[^:]*:)([^:]*)(:.*)", re.DOTALL)


def in_region(arn: str, region: str) -> str:
    """The same ARN in another region; what is no ARN stays as it is."""
    return _PARTS.sub(rf"\g<1>{region}\g<3>", arn)


def region_in(arn: str, default: str) -> str:
    """The ARN's region; the default for what is no ARN, such as a name."""
    parts = _PARTS.fullmatch(arn)
    return parts[2] if parts else default
