"""`make events FUNCTION=...`: the four events of a rotation, for `make replay` and `sam local`."""

import json
import secrets
import string
import sys
import uuid
from pathlib import Path

from local import template
from local.bootstrap import ROOT, say
from shared.protocol.event import Step

FOLDER = ROOT / "events"
_SUFFIX = string.ascii_letters + string.digits


def write(function: str, secret: str, folder: Path = FOLDER) -> list[Path]:
    """One rotation of the secret `demo/<secret>`, with tokens that no other function's has."""
    ending = "".join(secrets.choice(_SUFFIX) for _ in range(6))
    rotation = {
        "SecretId": f"arn:aws:secretsmanager:us-east-1:123456789012:secret:demo/{secret}-{ending}",
        "ClientRequestToken": str(uuid.uuid4()),
        "RotationToken": str(uuid.uuid4()),
    }
    (folder / function).mkdir(parents=True, exist_ok=True)
    files = []
    for step in Step:
        file = folder / function / f"{step.value}.json"
        file.write_text(json.dumps({"Step": step.value, **rotation}, indent=2) + "\n")
        files.append(file)
    return files


def main(function: str = "") -> None:
    """For a function of the template that has none yet."""
    known = template.functions()
    if function not in known:
        raise SystemExit(f"FUNCTION must be one of {', '.join(known)}: {function!r}")
    if (FOLDER / function).exists():
        raise SystemExit(f"events/{function} is there already")
    write(function, function.lower())
    say(f"wrote events/{function}")


if __name__ == "__main__":
    main(*sys.argv[1:])
