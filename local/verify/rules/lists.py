"""ListSecrets (fact 26)."""

from typing import Any

from local.verify.expect import equal, holds, refused
from local.verify.probe import CURRENT, Probe, Secret
from local.verify.registry import rule

ALL_AT_ONCE = 60  # seconds that AWS may take to list a new secret


def _names(probe: Probe, *filters: dict[str, Any], **request: Any) -> list[str]:  # noqa: ANN401 the API's own parameters
    pages = probe.client.get_paginator("list_secrets").paginate(Filters=list(filters), **request)
    return [item["Name"] for page in pages for item in page["SecretList"]]


def _by(key: str, *values: str) -> dict[str, Any]:
    return {"Key": key, "Values": list(values)}


def _see(probe: Probe, expected: list[Secret], *filters: dict[str, Any], **request: Any) -> None:  # noqa: ANN401 the API's own parameters
    """Raise Broken unless these are listed; AWS lists a new secret some time after it is made."""
    wanted = sorted(secret.name for secret in expected)
    within = probe.place.patience.settle and ALL_AT_ONCE
    probe.until(
        f"what is listed by {filters}",
        lambda: sorted(_names(probe, *filters, **request)),
        lambda seen: seen == wanted,
        within=within,
        wanted=repr(wanted),
    )


@rule(26)
def names_are_found_by_how_they_begin(probe: Probe) -> None:
    """The filter `name` finds by the beginning of the name, not by a part of it; case matters."""
    secret = probe.secret()
    _see(probe, [secret], _by("name", secret.name[:-1]))
    _see(probe, [], _by("name", secret.name[1:]))
    _see(probe, [], _by("name", secret.name.upper()))


@rule(26)
def values_of_a_filter_add_and_filters_narrow(probe: Probe) -> None:
    """Values of one filter find what has any of them, and several filters what matches all."""
    one, two = probe.secret(Description="a thing"), probe.secret(Description="nothing")
    _see(probe, [one, two], _by("name", one.name, two.name))
    _see(probe, [one], _by("name", one.name, two.name), _by("description", "a thing"))


@rule(26)
def a_value_with_an_exclamation_mark_finds_the_others(probe: Probe) -> None:
    """A value that begins with ! finds what does not match it."""
    one, two = probe.secret(), probe.secret()
    _see(probe, [two], _by("name", one.name, two.name), _by("name", f"!{one.name}"))


@rule(26)
def descriptions_are_found_by_how_their_words_begin(probe: Probe) -> None:
    """The filter `description` finds by the beginning of words, whatever their case."""
    words = [probe.secret(Description=text) for text in ("a Secret", "asecret", "thesecret")]
    chosen = _by("name", *(secret.name for secret in words))
    _see(probe, words[:2], chosen, _by("description", "a"))
    _see(probe, words[:1], chosen, _by("description", "secret"))


@rule(26)
def tags_are_found_by_key_and_by_value(probe: Probe) -> None:
    """The filters `tag-key` and `tag-value` find by the beginning of a tag's key and value."""
    secret = probe.secret(Tags=[{"Key": "colour", "Value": "green"}])
    _see(probe, [secret], _by("name", secret.name), _by("tag-key", "col"))
    _see(probe, [secret], _by("name", secret.name), _by("tag-value", "gre"))
    _see(probe, [], _by("name", secret.name), _by("tag-value", "blue"))


@rule(26)
def an_entry_tells_what_describesecret_tells(probe: Probe) -> None:
    """An entry has ARN, name, dates and SecretVersionsToStages."""
    secret = probe.secret(Description="a thing")
    _see(probe, [secret], _by("name", secret.name))
    (entry,) = probe.client.list_secrets(Filters=[_by("name", secret.name)])["SecretList"]
    fields = [
        *("ARN", "CreatedDate", "Description", "LastChangedDate", "Name"),
        "SecretVersionsToStages",
    ]
    equal("its fields", sorted(entry), fields)
    equal("its versions", entry["SecretVersionsToStages"], {secret.version: [CURRENT]})


@rule(26)
def deleted_secrets_are_listed_only_if_asked_for(probe: Probe) -> None:
    """A deleted secret is listed with IncludePlannedDeletion only."""
    secret = probe.secret()
    probe.client.delete_secret(SecretId=secret.arn)
    _see(probe, [secret], _by("name", secret.name), IncludePlannedDeletion=True)
    _see(probe, [], _by("name", secret.name))


@rule(26)
def pages_follow_by_their_token(probe: Probe) -> None:
    """MaxResults bounds a page, and NextToken leads to the next, until there is none."""
    secrets = [probe.secret() for _ in range(3)]
    chosen = _by("name", *(secret.name for secret in secrets))
    _see(probe, secrets, chosen)
    pages = probe.client.get_paginator("list_secrets").paginate(Filters=[chosen], MaxResults=2)
    found = [[item["Name"] for item in page["SecretList"]] for page in pages]
    holds(f"a page has more than two: {found}", max(map(len, found)) <= len(secrets) - 1)
    listed = sorted(name for page in found for name in page)
    equal("all that is listed", listed, sorted(secret.name for secret in secrets))


@rule(26)
def the_order_is_by_creation_either_way(probe: Probe) -> None:
    """SortOrder asc has the oldest first, desc the newest; SortBy name is by name."""
    secrets = [probe.secret() for _ in range(2)]
    chosen = _by("name", *(secret.name for secret in secrets))
    _see(probe, secrets, chosen)
    names = [secret.name for secret in secrets]
    equal("ascending", _names(probe, chosen, SortOrder="asc"), names)
    equal("descending", _names(probe, chosen, SortOrder="desc"), names[::-1])
    by_name = _names(probe, chosen, SortBy="name", SortOrder="desc")
    equal("by name, descending", by_name, sorted(names, reverse=True))


@rule(26)
def a_token_that_is_none_is_refused(probe: Probe) -> None:
    """A NextToken that no answer had is InvalidNextTokenException."""
    with refused("InvalidNextTokenException"):
        probe.client.list_secrets(NextToken="no-such-token")


@rule(26)
def results_are_1_to_100_and_filters_of_known_keys(probe: Probe) -> None:
    """MaxResults of 0 or 101, and a filter with another key, are ValidationException."""
    for number in (0, 101):
        with refused("ValidationException"):
            probe.client.list_secrets(MaxResults=number)
    with refused("ValidationException"):
        probe.client.list_secrets(Filters=[_by("colour", "green")])
