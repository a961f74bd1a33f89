"""The SAM CLI, in an environment of its own and with nothing of this user's or machine's AWS."""

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import SIGTERM

from local import bootstrap
from local.processes import children
from local.sam.errors import WrongError

ROOT = bootstrap.ROOT
SECONDS = 300.0
REGION = "us-east-1"
# The caller's own settings would reach a real account, or the build of another make.
FOREIGN = ("AWS_", "SAM_", "DOCKER_", "MAKE", "MFLAGS", "ARGS")


def program() -> Path:
    """The pinned SAM CLI; installed first if it is not there."""
    return bootstrap.sync(".cache/sam/cli", "sam.txt") / "sam"


@dataclass(frozen=True, slots=True)
class Ran:
    """One command that ended with status 0: its output, what it logged, and its seconds."""

    output: str
    log: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Cli:
    """Runs commands in the repository's root, with `home` for what it keeps."""

    program: Path
    home: Path
    engine: Mapping[str, str]

    @property
    def environment(self) -> dict[str, str]:
        """Our own, for how it reaches registries, but for what concerns AWS and make.

        No credentials: with any, SAM first asks AWS's STS whose they are, for seconds.
        """
        kept = {k: v for k, v in os.environ.items() if not k.startswith(FOREIGN)}
        return {
            **kept,
            "__SAM_CLI_APP_DIR": str(self.home),
            "SAM_CLI_TELEMETRY": "0",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            **self.engine,
        }

    def run(self, *words: str | Path) -> Ran:
        """Run a command to its end; raises WrongError unless its status is 0."""
        began = time.perf_counter()
        # Not to outlive this process, whatever ends it.
        done = subprocess.run(
            [*children.guarded(SIGTERM), self.program, *words],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
        if done.returncode:
            output = (done.stdout + done.stderr)[-3000:]
            raise WrongError(
                f"`sam {' '.join(map(str, words))}` ended with {done.returncode}: {output}"
            )
        return Ran(done.stdout, done.stderr, time.perf_counter() - began)
