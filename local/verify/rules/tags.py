"""Tags of secrets (fact 28)."""

from typing import Any

from local.verify.expect import equal, refused
from local.verify.probe import Probe, Secret
from local.verify.registry import rule

MOST = 50


def _tag(key: str, value: str = "any") -> dict[str, str]:
    return {"Key": key, "Value": value}


def _tags(probe: Probe, secret: Secret) -> Any:  # noqa: ANN401 a list, or None
    return probe.client.describe_secret(SecretId=secret.arn).get("Tags")


@rule(28)
def tags_are_added_replaced_and_removed(probe: Probe) -> None:
    """TagResource adds and replaces, UntagResource removes, and leaves an empty list at the end."""
    secret = probe.secret()
    equal("the tags of a secret that never had one", _tags(probe, secret), None)
    probe.client.tag_resource(SecretId=secret.arn, Tags=[_tag("one", "1"), _tag("two", "2")])
    probe.client.tag_resource(SecretId=secret.arn, Tags=[_tag("one", "3")])

    def sorted_tags() -> list[tuple[str, str]]:
        found = probe.client.describe_secret(SecretId=secret.arn).get("Tags", [])
        return sorted((tag["Key"], tag["Value"]) for tag in found)

    probe.see("the tags", sorted_tags, [("one", "3"), ("two", "2")])
    probe.client.untag_resource(SecretId=secret.arn, TagKeys=["one", "two"])
    probe.see("the tags after the last one", lambda: _tags(probe, secret), [])


@rule(28)
def at_most_50_tags(probe: Probe) -> None:
    """A tag more than 50 is refused."""
    secret = probe.secret(Tags=[_tag(f"key-{number}") for number in range(MOST)])
    with refused(""):
        probe.client.tag_resource(SecretId=secret.arn, Tags=[_tag("one-more")])
    equal("their number", len(_tags(probe, secret)), MOST)


@rule(28)
def keys_that_begin_with_aws_are_reserved(probe: Probe) -> None:
    """A key that begins with aws: is refused."""
    secret = probe.secret()
    with refused(""):
        probe.client.tag_resource(SecretId=secret.arn, Tags=[_tag("aws:mine")])


@rule(28)
def a_key_has_at_most_128_characters_and_a_value_256(probe: Probe) -> None:
    """A longer key or value is ValidationException."""
    secret = probe.secret()
    for tag in (_tag("k" * 129), _tag("key", "v" * 257)):
        with refused("ValidationException"):
            probe.client.tag_resource(SecretId=secret.arn, Tags=[tag])
