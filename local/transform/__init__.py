"""The template as AWS's SAM transform writes it out: what CloudFormation would deploy."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from local import bootstrap, template

FOLDER = ".cache/transform"
_PROGRAM = Path(__file__).with_name("program.py")


def environment() -> Path:
    """The programs of its own Python environment, made first if it is not there: seconds."""
    return bootstrap.sync(FOLDER, "transform.txt")


def transformed() -> dict[str, Any]:
    """The template without a loop or a type of SAM's; parameters and conditions stay, unresolved.

    The code stands where `sam package` would have uploaded it. Takes a second or two.
    """
    document = template.document()
    for resource in document["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://artifacts/code.zip"
    done = subprocess.run(
        [environment() / "python", _PROGRAM],
        input=json.dumps(document),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"the SAM transform refused template.yaml: {done.stderr[-2000:]}")
    written: dict[str, Any] = json.loads(done.stdout)
    return written
