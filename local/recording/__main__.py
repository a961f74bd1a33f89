"""`make recording`: docs/images, which README shows."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Annotated, cast

import typer

from local.bootstrap import ROOT
from local.demo.running import running_system
from local.functions.home import InProcess
from local.functions.written import captured
from local.recording.picture import WIDTH, picture
from local.recording.story import COMMANDS, tell
from local.system import HomeKind, System

Folder = Annotated[Path, typer.Option(help="Where the pictures go.")]


def main(folder: Folder = ROOT / "docs" / "images") -> None:
    """Make a picture of each command, from real rotations on this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    with running_system(["postgres"], home=HomeKind.IN_PROCESS) as running, captured():
        tell(running, cast("InProcess", running.service.home))
        for name, words in COMMANDS.items():
            shown = picture(f"rotctl {words}", _written(running, words))
            (folder / f"{name}.svg").write_text(shown)


def _written(running: System, words: str) -> str:
    """What rotctl writes to a terminal of this width."""
    environment = {**running.service.environment, **running.service.neighbours}
    terminal = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "rotctl", *shlex.split(words)]
    done = subprocess.run(
        command, env={**os.environ, **environment, **terminal}, cwd=ROOT, text=True,
        stdout=subprocess.PIPE, check=False,
    )  # fmt: skip
    if done.returncode > 1:
        raise SystemExit(f"rotctl {words} ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    typer.run(main)
