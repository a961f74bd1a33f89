"""What is asked for: a function, the events to send it, and the target it needs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from local import template
from local.build import artifacts
from local.secrets_manager.adoption import name_in_full
from local.targets import registry
from shared.errors import InvalidEvent
from shared.protocol.event import RotationRequest, Step

EVENTS = artifacts.ROOT / "events"
ALL = "all"

Event = Mapping[str, str]


class RefusedError(ValueError):
    """There is no such thing to replay; the message says what there is instead."""


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """`events` are to be shown; `earlier` are the same rotation's steps that must come before."""

    function: str
    target: str
    earlier: tuple[Event, ...]
    events: tuple[Event, ...]


def read_request(
    function: str, step: str, target: str | None = None, folder: Path = EVENTS
) -> ReplayRequest:
    """Read what it takes to replay the step, or `all` of them; raises RefusedError."""
    usual = {name: registry.targets_of(name) for name in template.functions()}
    _refuse_unknown("function", function, [name for name, targets in usual.items() if targets])
    steps = [each.value for each in Step if _path(folder, function, each).is_file()]
    _refuse_unknown("step", step, [*steps, ALL], f" of {function}")
    if target is not None:
        _refuse_unknown("target", target, usual[function], f" for {function}")
    wanted = list(Step) if step == ALL else list(Step)[: list(Step).index(Step(step)) + 1]
    events = tuple(_read(_path(folder, function, each), each) for each in wanted)
    if len({frozenset(_rotation(event).items()) for event in events}) > 1:
        raise RefusedError(
            f"the files in {folder / function} up to {wanted[-1]} are not of one rotation; "
            "give them the same SecretId, ClientRequestToken and RotationToken"
        )
    shown = 0 if step == ALL else len(events) - 1
    return ReplayRequest(function, target or usual[function][0], events[:shown], events[shown:])


def _refuse_unknown(what: str, given: str, known: Sequence[str], of: str = "") -> None:
    if given not in known:
        problem = f"there is no {what} {given!r}{of}" if given else f"no {what} is given"
        raise RefusedError(f"{problem}; choose from {', '.join(known)}")


def _path(folder: Path, function: str, step: Step) -> Path:
    return folder / function / f"{step.value}.json"


def _read(path: Path, step: Step) -> Event:
    """An event that the function would take, and that a secret can be made for."""
    try:
        event = json.loads(path.read_text())
        step_named = RotationRequest.from_event(event).step
        name_in_full(event["SecretId"])
    except OSError as error:
        raise RefusedError(f"{path} cannot be read: {error.strerror}") from None
    except json.JSONDecodeError as error:
        raise RefusedError(f"{path}, line {error.lineno}, is not JSON: {error.msg}") from None
    except InvalidEvent as error:
        raise RefusedError(f"{path}: {error.what}") from None
    except ValueError as error:
        raise RefusedError(f"{path}: SecretId {error}") from None
    if step_named is not step:
        raise RefusedError(
            f"{path}: its Step is {step_named}; it must be {step}, as the file's name is"
        )
    return cast("Event", event)


def _rotation(event: Event) -> dict[str, str | None]:
    return {key: event.get(key) for key in ("SecretId", "ClientRequestToken", "RotationToken")}
