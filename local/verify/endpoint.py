"""ENDPOINT: the local service, an emulator's URL, or AWS with the caller's own credentials."""

import os
import uuid

import boto3.session
import botocore.session

from local.functions.home import ARN_PREFIX, InProcess
from local.secrets_manager import SecretsManager
from local.verify import function, stack
from local.verify.place import Kind, Place
from local.verify.sweep import ROOT

LOCAL, AWS = "local", "aws"
FUNCTION = "referee"
# So short that a check need not wait, and often enough for the one that has the most failures.
RETRIES, RETRY_DELAY = 3, 0.05


def new_prefix() -> str:
    """What the names of a run begin with."""
    return f"{ROOT}/{uuid.uuid4().hex[:12]}"


def local_place(service: SecretsManager) -> Place:
    """The local service, which is running, with the referee's function at home in it."""
    place = Place("local", _nobodys_session(), new_prefix(), service.endpoint)
    client = place.client()
    service.home = InProcess({FUNCTION: lambda event, _context: function.run(client, event)})
    place.function, place.runs = ARN_PREFIX + FUNCTION, True
    return place


def remote_place(endpoint: str, region: str | None = None, profile: str | None = None) -> Place:
    """An emulator by its URL, which gets no credentials of anybody's, or AWS."""
    if endpoint == AWS:
        session = boto3.session.Session(profile_name=profile, region_name=region)
        return Place("aws", session, new_prefix())
    return Place("emulator", _nobodys_session(region), new_prefix(), endpoint)


def deployed(place: Place) -> str | None:
    """Make the function there; why the protocol cannot be asked, if it cannot."""
    try:
        place.function = stack.deploy(place)
    except stack.StackFailedError as error:
        if place.kind == "aws":
            raise
        return str(error)
    place.runs = stack.runs(place, place.function)
    return None if place.runs else "the function answers no canary"


def kind_of(endpoint: str) -> Kind | None:
    """Which of the three it is, or None."""
    if endpoint.startswith(("http://", "https://")):
        return "emulator"
    kinds: dict[str, Kind] = {LOCAL: "local", AWS: "aws"}
    return kinds.get(endpoint)


def service() -> SecretsManager:
    """The local service, as impatient as the checks."""
    return SecretsManager(retries=RETRIES, retry_delay=RETRY_DELAY)


def _nobodys_session(region: str | None = None) -> boto3.session.Session:
    """A session that reads no file and no profile of the user's."""
    variables = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.session.Session(
        aws_access_key_id="verify",
        aws_secret_access_key="verify",  # noqa: S106 no emulator's either
        region_name=region or "us-east-1",
        botocore_session=botocore.session.Session(session_vars=variables),
    )
