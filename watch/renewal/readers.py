"""Who reads a secret as it starts, as the tags of services and functions say."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from rotctl.aws.session import Aws
from rotctl.trouble import Trouble
from watch.renewal import functions, services
from watch.renewal.standing import Standing

TAG = "reader-of"  # the secrets' names with spaces between; one with a / behind it is all below it
WAVE = "reader-wave"
_USUAL = "1"
# The machine's state takes 262,144 bytes (Step Functions developer guide, quotas), and a service's
# ARN some 570: its name and its cluster's have up to 255 each (ECS API reference, CreateService).
MOST = 400


class Kind(Protocol):
    """A kind of reader; its module says how it is renewed."""

    TYPE: str

    def label(self, arn: str) -> str:
        """As messages call it."""
        ...

    def standing(self, aws: Aws, arn: str, fresh: datetime, start: str = "") -> Standing:
        """Whether what runs was started at `fresh` or later; raises Trouble.

        start: the one that is waited for, if any.
        """
        ...

    def begin(self, aws: Aws, arn: str) -> str | None:
        """Have it start anew: the start, as a Standing has it; None if it has to be begun later.

        Raises Trouble.
        """
        ...


_KINDS: tuple[Kind, ...] = (services, functions)


def kind(arn: str) -> Kind:
    """Of a reader, by its ARN."""
    service = arn.split(":")[2]
    return next(each for each in _KINDS if each.TYPE.startswith(f"{service}:"))


def label(arn: str) -> str:
    """As messages call it."""
    return kind(arn).label(arn)


def waves(aws: Aws, name: str) -> list[list[str]]:
    """The ARNs of the readers of the secret of this name, those to be renewed first first.

    Raises Trouble, also for a wave that is no number, and for more than MOST.
    """
    found: dict[int, list[str]] = defaultdict(list)
    for arn, tags in _tagged(aws):
        if any(_is_of(each, name) for each in tags[TAG].split()):
            found[_wave(arn, tags.get(WAVE, _USUAL))].append(arn)
    if sum(map(len, found.values())) > MOST:
        raise Trouble(
            f"more than {MOST} readers have the tag {TAG} for it",
            do="take it off those that read the secret more often than at their start",
        )
    return [sorted(found[number]) for number in sorted(found)]


def _tagged(aws: Aws) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every service and function with the tag, and its tags."""
    pages = aws.pages(
        "resourcegroupstaggingapi",
        "get_resources",
        ResourceTypeFilters=[each.TYPE for each in _KINDS],
        TagFilters=[{"Key": TAG}],
    )
    for page in pages:
        for each in page["ResourceTagMappingList"]:
            yield each["ResourceARN"], {tag["Key"]: tag["Value"] for tag in each["Tags"]}


def _is_of(word: str, name: str) -> bool:
    return name.startswith(word) if word.endswith("/") else name == word


def _wave(arn: str, number: str) -> int:
    if not (number.isascii() and number.isdecimal()):
        raise Trouble(
            f"the tag {WAVE} of {label(arn)} is {number!r}, which is no number",
            do="give it a number such as 0, which comes before 1, that of readers without the tag",
        )
    return int(number)
