"""How any request is looked at, and what every answer has (fact 31)."""

from local.verify.expect import equal, holds, refused
from local.verify.probe import FIRST, Probe
from local.verify.registry import rule

INVALID_NAME = (
    "Invalid name. Must be a valid name containing alphanumeric characters, or any of the "
    "following: -/_+=.@!"
)
MAX_DESCRIPTION = 2048


@rule(31)
def a_secret_is_found_by_name_arn_and_arn_without_its_last_characters(probe: Probe) -> None:
    """SecretId is a name, an ARN, or an ARN without its hyphen and six characters."""
    secret = probe.secret()
    for secret_id in (secret.name, secret.arn, secret.arn[:-7]):
        answer = probe.client.get_secret_value(SecretId=secret_id)
        equal(f"what {secret_id} has", answer["SecretString"], FIRST)


@rule(31)
def a_name_that_can_be_none_is_invalid(probe: Probe) -> None:
    """A SecretId or Name with other characters is ValidationException, before it is looked for."""
    name = f"{probe.name()} with spaces?"
    with refused("ValidationException", INVALID_NAME):
        probe.client.get_secret_value(SecretId=name)
    with refused("ValidationException", INVALID_NAME):
        probe.client.describe_secret(SecretId=name)
    with refused("ValidationException", INVALID_NAME):
        probe.client.create_secret(Name=name, SecretString="any")


@rule(31)
def a_value_of_another_type_cannot_be_read_at_all(probe: Probe) -> None:
    """A parameter of another JSON type than its own is SerializationException."""
    name = probe.name()
    with refused("SerializationException"):
        probe.client.create_secret(Name=name, SecretString=["any"])


@rule(31)
def a_description_has_at_most_2048_characters(probe: Probe) -> None:
    """A longer description is ValidationException, which names the parameter and the limit."""
    probe.secret(Description="d" * MAX_DESCRIPTION)
    name = probe.name()
    with refused("ValidationException", "less than or equal to 2048"):
        probe.client.create_secret(Name=name, Description="d" * (MAX_DESCRIPTION + 1))


@rule(31)
def two_values_at_once_are_refused(probe: Probe) -> None:
    """SecretString and SecretBinary together are InvalidParameterException."""
    with refused("InvalidParameterException"):
        probe.client.create_secret(Name=probe.name(), SecretString="any", SecretBinary=b"any")


@rule(31)
def every_answer_has_a_request_id(probe: Probe) -> None:
    """An answer, and a refusal, has x-amzn-RequestId."""
    secret = probe.secret()
    answer = probe.client.describe_secret(SecretId=secret.arn)
    with refused("ResourceNotFoundException") as refusal:
        probe.client.describe_secret(SecretId=probe.name())
    for each in (answer, refusal):
        headers = each["ResponseMetadata"]["HTTPHeaders"]
        holds("x-amzn-requestid is missing", headers.get("x-amzn-requestid"))


@rule(31)
def a_refusal_of_the_model_has_its_message_twice(probe: Probe) -> None:
    """The body of a refusal that the model knows has `Message`, which boto3 shows by itself too."""
    with refused("ResourceNotFoundException") as refusal:
        probe.client.describe_secret(SecretId=probe.name())
    equal("Message", refusal.get("Message"), refusal["Error"]["Message"])


@rule(31)
def a_token_has_32_to_64_characters(probe: Probe) -> None:
    """A ClientRequestToken of 31 characters is refused."""
    with refused(""):
        probe.client.create_secret(
            Name=probe.name(), SecretString="any", ClientRequestToken="t" * 31
        )
