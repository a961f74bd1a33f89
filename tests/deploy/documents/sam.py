"""What the SAM CLI takes a deploy's words and files for: its own reader, and nothing of AWS."""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import bootstrap, template
from local.sam import cli

# Its deploy command as far as the options, and of the rest what it asks CloudFormation for.
# Started once, as its start takes seconds; it answers each line with a line.
_PROGRAM = """
import json, os, sys
from samcli.commands.deploy.command import cli
from samcli.commands.deploy.deploy_context import DeployContext

for line in sys.stdin:
    folder, words, declared = json.loads(line)
    os.chdir(folder)
    try:
        given = cli.make_context("deploy", words).params
    except Exception as refused:
        given = {"refused": str(refused)}
    names = ("refused", "stack_name", "region", "language_extensions", "confirm_changeset")
    said = {name: given.get(name) for name in names}
    said["parameters"] = given.get("parameter_overrides") or {}
    asked = DeployContext.merge_parameters({"Parameters": declared}, said["parameters"])
    said["kept"] = [each["ParameterKey"] for each in asked if each.get("UsePreviousValue")]
    print(json.dumps(said), flush=True)
"""


@dataclass(frozen=True, slots=True)
class Deploy:
    """Why it is refused, or its stack and parameters; those that are `kept` it does not give."""

    refused: str | None
    stack_name: str | None
    region: str | None
    language_extensions: bool | None
    confirm_changeset: bool | None
    parameters: dict[str, str]
    kept: list[str]


Sam = Callable[..., Deploy]


@contextmanager
def reading() -> Iterator[Sam]:
    """`deploy(*words, folder=...)`: what `sam deploy` with these words would ask for there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(cli.FOREIGN)}
    home = {"__SAM_CLI_APP_DIR": str(bootstrap.CACHE / "sam" / "home"), "SAM_CLI_TELEMETRY": "0"}
    declared = template.document()["Parameters"]
    with subprocess.Popen(
        [cli.program().with_name("python"), "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**kept, **home},
        text=True,
    ) as running:
        asking, answers = running.stdin, running.stdout
        assert asking is not None
        assert answers is not None

        def deploy(*words: str, folder: Path = bootstrap.ROOT) -> Deploy:
            asking.write(json.dumps([str(folder), words, declared]) + "\n")
            asking.flush()
            return Deploy(**json.loads(answers.readline()))

        yield deploy
