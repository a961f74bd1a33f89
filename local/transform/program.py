"""Run by the transform's own Python: a template in, what the transform makes of it out, as JSON."""

import json
import os
import sys

from samtranslator.translator.transform import transform


class _ManagedPolicies:
    """The names of AWS's policies that SAM adds by itself; AWS would be asked for their ARNs."""

    def load(self) -> dict[str, str]:
        names = ("AWSLambdaBasicExecutionRole", "AWSLambdaVPCAccessExecutionRole")
        return {name: f"arn:aws:iam::aws:policy/service-role/{name}" for name in names}


os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")  # for the partition's name only
json.dump(transform(json.load(sys.stdin), {}, _ManagedPolicies()), sys.stdout)
