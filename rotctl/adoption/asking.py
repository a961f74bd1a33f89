"""What our function sees of each secret before it is attached, where it may: it changes nothing.

On AWS its role may use the secrets that it is attached to and no other, so there it mostly may not
yet (docs/security-model.md). Then its testSecret tells the same once it is attached.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from rotctl.adoption.note import Note
from rotctl.adoption.plan import Move
from rotctl.aws import functions
from rotctl.aws.functions import Function
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.state import labels
from rotctl.trouble import Denied, Failed

_TASK = "diagnose"
_SAID = ("broken", "warning")
# What the function failed with, where it is the secret or its target that is at fault.
_JUDGED = (
    "MalformedSecret", "Misconfigured", "TargetMismatch", "Untrusted", "Rejected", "LockedOut",
)  # fmt: skip


def asked(aws: Aws, moves: Iterable[Move], at_once: int) -> list[Move]:
    """The moves with what was found; raises Trouble."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda move: _asked(aws, move), moves))


def _asked(aws: Aws, move: Move) -> Move:
    if move.stopped or move.new is None:
        return move
    findings = _findings(aws, move.secret, move.new)
    if findings is None:
        return move
    notes = [_note(each) for each in findings if each["state"] in _SAID]
    return replace(move, notes=(*move.notes, *notes), is_seen=True)


def _note(finding: Mapping[str, Any]) -> Note:
    """An older version that is no good keeps nothing from being rotated."""
    is_current = finding["of"] in {"", labels.CURRENT}
    stops = finding["state"] == _SAID[0] and is_current
    return Note(str(finding["what"]), str(finding["do"]), stops=stops)


def _findings(aws: Aws, secret: Secret, new: Function) -> list[Mapping[str, Any]] | None:
    """None where it cannot be asked: it may not read the secret yet, or is an older one."""
    try:
        told = functions.ask(aws, replace(secret, function=new.arn), _TASK)
    except Denied:
        return None
    except Failed as failed:
        if failed.code not in _JUDGED:
            return None
        what = failed.what.removeprefix(f"{_TASK}: ")
        return [{"state": _SAID[0], "what": what, "do": failed.do, "of": ""}]
    found = told.get("findings")
    return found if isinstance(found, list) else None
