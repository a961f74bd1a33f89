"""What the functions wrote about their steps; docs/operating.md has the lines."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rotctl.aws.session import Aws
from rotctl.trouble import Missing


@dataclass(frozen=True, slots=True)
class StepLine:
    """How a step ended; code is empty for one that succeeded.

    old_credential: when the one before ends, where a finishSecret says it.
    """

    time: datetime
    secret: str
    version: str
    step: str
    code: str
    retryable: bool
    message: str
    strategy: str = ""
    old_credential: str = ""


def of_version(aws: Aws, group: str, version: str, since: datetime) -> list[StepLine]:
    """The steps that ended of the rotation to this version, oldest first."""
    return of_versions(aws, group, [version], since)


def of_versions(aws: Aws, group: str, versions: Iterable[str], since: datetime) -> list[StepLine]:
    """The same of a few versions, oldest first; a pattern has room for eighteen."""
    terms = " || ".join(f'$.version = "{each}"' for each in versions)
    return _lines(aws, group, f"{{ {terms} }}", since)


def of_secret(aws: Aws, group: str, arn: str, since: datetime) -> list[StepLine]:
    """The steps that ended of the secret's rotations, oldest first."""
    return _lines(aws, group, f'{{ $.secret = "{arn}" }}', since)


def with_codes(aws: Aws, group: str, codes: Iterable[str], since: datetime) -> list[StepLine]:
    """The steps of any secret that failed with one of the codes, oldest first."""
    terms = " || ".join(f'$.code = "{code}"' for code in codes)
    return _lines(aws, group, f"{{ {terms} }}", since)


def _lines(aws: Aws, group: str, pattern: str, since: datetime) -> list[StepLine]:
    """None where there is no log group: the function has not run, or its group was deleted."""
    request = {
        "logGroupName": group,
        "filterPattern": pattern,
        # A second earlier: Secrets Manager's clock is not Lambda's.
        "startTime": int((since - timedelta(seconds=1)).timestamp() * 1000),
    }
    found: list[StepLine] = []
    try:
        for page in aws.pages("logs", "filter_log_events", **request):
            found += _of(page.get("events", []))
    except Missing:
        return []
    return sorted(found, key=lambda line: line.time)


def _of(events: Iterable[dict[str, Any]]) -> Iterator[StepLine]:
    for event in events:
        line = _members(event["message"])
        if not {"step", "seconds", "version"} <= line.keys():
            continue  # not the line that a step ends with
        yield StepLine(
            time=datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
            secret=str(line.get("secret", "")),
            version=str(line["version"]),
            step=str(line["step"]),
            code=str(line.get("code", "")),
            retryable=bool(line.get("retryable")),
            message=_printable(str(line.get("message", ""))),
            strategy=str(line.get("strategy", "")),
            old_credential=_printable(str(line.get("old_credential", ""))),
        )


def _printable(text: str) -> str:
    """What a terminal would obey is left out: any function may write into its log."""
    return "".join(each for each in text if each.isprintable())


def _members(message: str) -> dict[str, Any]:
    """Of a line that is a JSON object; another function's may be anything."""
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
