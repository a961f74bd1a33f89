"""What a rotation costs, in US dollars, in us-east-1 and without a free tier.

Sources, read 2026-11-30 in copies of 2026: aws.amazon.com/lambda/pricing,
aws.amazon.com/secrets-manager/pricing. A start is billed too: AWS Compute Blog, "AWS Lambda
standardizes billing for INIT Phase", as of 2025-08-01. Not in it: the secret itself (0.40 a month),
logs, a key of one's own in KMS, and what the network takes.
"""

import math
from collections.abc import Mapping
from enum import Enum

from local.bench.home import START

REQUEST = 0.20 / 1_000_000
CALL = 0.05 / 10_000  # of Secrets Manager
MEGABYTES = 1024  # in a gigabyte


class Architecture(Enum):
    """A function's; the steps are taken for as long on either."""

    X86 = "x86_64"
    ARM = "arm64"

    @property
    def second(self) -> float:
        """The price of a gigabyte's second."""
        return {"x86_64": 0.0000166667, "arm64": 0.0000133334}[self.value]


def dollars(
    memory: int, seconds: Mapping[str, float], calls: int, architecture: Architecture
) -> float:
    """Of a rotation: the seconds of its start and steps, at these megabytes, and its calls.

    Each step is a request, billed by the millisecond that it began; the start is the first one's.
    """
    steps = {name: each for name, each in seconds.items() if name != START}
    first = next(iter(steps))
    steps[first] += seconds.get(START, 0)
    billed = sum(math.ceil(each * 1000) / 1000 for each in steps.values())
    gigabytes = memory / MEGABYTES
    return billed * gigabytes * architecture.second + len(steps) * REQUEST + calls * CALL
