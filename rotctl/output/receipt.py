"""What became of a leaked credential: a line each with its time, and JSON to be kept."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from rotctl.output.times import iso
from rotctl.state.leak import Leak
from rotctl.trouble import Trouble

_MINE = 0o600


def lines(leak: Leak) -> Iterator[tuple[str, str]]:
    """The times, in UTC, and what the function did then."""
    for each in leak.answer["ended"]:
        by_rotation = f"ended by the rotation: {each['what']}"
        yield (each["at"], f"ended: {each['what']}") if each["at"] else ("", by_rotation)
    if sessions := leak.answer["sessions"]:
        yield sessions["at"], f"sessions ended: {sessions['ended']}"
    for each in leak.answer["left"]:
        yield "", f"NOT ended: {each['what']}; {each['do']}"
    for each in leak.answer["unseen"]:
        yield "", f"not seen: {each}"
    refused = leak.answer["refused"]
    if refused["proven"]:
        yield refused["at"], f"refused when it was used: {refused['what']}"
    else:
        yield refused["at"], f"NOT refused when it was used: {refused['what']}; {refused['do']}"


def document(leak: Leak, failure: str = "") -> dict[str, object]:
    """As JSON; docs/rotctl.md has the keys."""
    return {
        "secret": leak.secret.name,
        "arn": leak.secret.arn,
        "leaked_version": leak.leaked,
        "version": leak.version,
        "began": iso(leak.began),
        "steps": [
            {"step": each.step, "at": iso(each.time), "code": each.code or None}
            for each in leak.steps
        ],
        "rotated": iso(leak.rotated),
        "ended": leak.answer.get("ended", []),
        "left": leak.answer.get("left", []),
        "unseen": leak.answer.get("unseen", []),
        "sessions": leak.answer.get("sessions"),
        "refused": leak.answer.get("refused"),
        "proven": leak.is_proven,
        "failure": failure or None,
    }


class ReceiptFile:
    """A file that only its owner may read, made before anything is done; never an old one."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MINE)
        except OSError as error:
            raise Trouble(
                f"--receipt {str(path)!r} cannot be made ({error.strerror})",
                do="name a file that is not there yet, in a folder that you may write to",
            ) from None

    def write(self, told: dict[str, object]) -> None:
        """The whole of it."""
        with os.fdopen(self._file, "w") as file:
            json.dump(told, file, indent=2)
            file.write("\n")
