"""boto3 clients for a local endpoint, deaf to the machine's AWS settings."""

import functools
import os
import threading
from typing import TYPE_CHECKING

import boto3.session
import botocore.session
from botocore.config import Config

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

ACCESS_KEY, SECRET_KEY = "local", "local"

_lock = threading.Lock()  # sessions are not made for threads


def environment(endpoint: str, region: str) -> dict[str, str]:
    """What to export so that any AWS SDK or the AWS CLI uses the endpoint."""
    return {
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": endpoint,
        "SECRETS_MANAGER_ENDPOINT": endpoint,  # which AWS's own rotation functions read
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
    }


def neighbours(endpoint: str) -> dict[str, str]:
    """What to export besides for rotctl, which asks other services too; see local/aws/."""
    services = ("CLOUDTRAIL", "CLOUDWATCH_LOGS", "LAMBDA", "SSM")
    return {f"AWS_ENDPOINT_URL_{each}": endpoint for each in services}


def make(endpoint: str, region: str) -> "SecretsManagerClient":
    """A client with dummy credentials that neither reads a profile nor retries."""
    with _lock:
        return _session().client(
            "secretsmanager",
            region,
            endpoint_url=endpoint,
            # No retry: a refusal is what the caller wants to see. No proxy: it is loopback.
            config=Config(retries={"total_max_attempts": 1, "mode": "standard"}, proxies={}),
        )


@functools.cache  # loading the service's model is the slow part
def _session() -> boto3.session.Session:
    """A session whose variables name no file and no profile of the user's."""
    variables = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.session.Session(
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        botocore_session=botocore.session.Session(session_vars=variables),
    )
