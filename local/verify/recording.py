"""What was asked and answered, check by check, with placeholders for all that differs by chance.

Made on AWS with `--record FILE`, it is a fixture: `differences` asks the same elsewhere again.
"""

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.verify import rules
from local.verify.place import Place
from local.verify.sweep import ROOT
from local.verify.transcript import Exchange
from local.verify.verdict import Result, ask

LONG = 200
# Made by the service, so never twice the same.
HIDDEN = {"NextToken": "<token>", "PolicyRevisionId": "<revision>"}
# With what a check makes of it: a part, or capitals.
_NAME = re.compile(rf"{ROOT[0]}?{ROOT[1:]}/[0-9a-f]{{12}}/\d+-[0-9a-f]{{7,8}}", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_FUNCTION = re.compile(r"arn:aws[\w-]*:lambda:[\w-]+:\d{12}:function:[\w-]+")
_ACCOUNT = re.compile(r"(?<=:)\d{12}(?=:)")
_SUFFIX = re.compile(r"(:secret:<name \d+>)-\w{6}")

Recording = dict[str, list[Any]]


def recording(results: Sequence[Result], place: Place) -> Recording:
    """The exchanges of every check by its name, normalised."""
    return {each.check.name: normalised(each.exchanges, place) for each in results}


def save(file: Path, results: Sequence[Result], place: Place) -> None:
    """Write them to a file, which holds no id, date, account or generated value."""
    file.write_text(json.dumps(recording(results, place), indent=1, sort_keys=True) + "\n")


def differences(recorded: Recording, place: Place) -> dict[str, list[str]]:
    """What is answered otherwise in this place, by the check; without an entry: all the same."""
    found = {}
    for check in rules.checks():
        if check.name in recorded:
            now = normalised(ask(place, check).exchanges, place)
            if told := list(_compare(recorded[check.name], now, "")):
                found[check.name] = told
    return found


def normalised(exchanges: Sequence[Exchange], place: Place) -> list[Any]:
    """The same exchanges from whoever: names and ids are numbered as they first come."""
    normal = _Normal(place)
    return [normal.of(exchange) for exchange in exchanges]


class _Normal:
    """The placeholders given so far."""

    def __init__(self, place: Place) -> None:
        self._regions = {place.region: "<region>", place.other_region: "<other region>"}
        self._numbers: dict[str, str] = {}

    def of(self, value: object, key: str = "") -> Any:  # noqa: ANN401 JSON
        if isinstance(value, Mapping):
            pairs = {self._text(str(k)): self.of(v, str(k)) for k, v in value.items()}
            return dict(sorted(pairs.items()))
        if isinstance(value, (list, tuple)):
            # AWS promises no order of labels, versions or tags; a check that asks one asserts it.
            return sorted((self.of(each) for each in value), key=json.dumps)
        if isinstance(value, datetime):
            is_day = value.astimezone(UTC).time() == datetime.min.time()
            return "<day>" if is_day else "<date>"
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return self._hidden(value, key) if isinstance(value, str) else value

    def _hidden(self, text: str, key: str) -> str:
        if key == "RandomPassword":
            return f"<password of {len(text)}>"
        return HIDDEN.get(key) or self._text(text)

    def _text(self, text: str) -> str:
        text = _FUNCTION.sub("<function>", text)
        text = _NAME.sub(lambda match: self._number("name", match[0]), text)
        text = _ID.sub(lambda match: self._number("id", match[0]), text)
        text = _ACCOUNT.sub("<account>", _SUFFIX.sub(r"\1-<suffix>", text))
        for region, name in self._regions.items():
            text = text.replace(region, name)
        return text if len(text) <= LONG else f"<{len(text)} characters>"

    def _number(self, kind: str, text: str) -> str:
        known = sum(each.startswith(f"<{kind} ") for each in self._numbers.values())
        return self._numbers.setdefault(text, f"<{kind} {known + 1}>")


def _compare(then: object, now: object, where: str) -> list[str]:
    """Each place where two normalised values differ, with both."""
    if isinstance(then, dict) and isinstance(now, dict):
        names = [*then, *(name for name in now if name not in then)]
        absent = "nothing"
        return [
            told
            for name in names
            for told in _compare(then.get(name, absent), now.get(name, absent), f"{where}.{name}")
        ]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [
            told
            for number, pair in enumerate(zip(then, now, strict=True))
            for told in _compare(*pair, f"{where}[{number}]")
        ]
    return [] if then == now else [f"{where}: {now!r}, recorded was {then!r}"]
