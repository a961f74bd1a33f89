"""Terraform, where a machine has it: the package registries have neither it nor a provider."""

import functools
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from local import bootstrap, examples

MODULES = bootstrap.ROOT / "docs" / "examples" / "terraform"
PROVIDERS = bootstrap.CACHE / "terraform"
# A provider has hundreds of megabytes, and a copy of a module has no lock file: get it once.
OURS = {
    "TF_IN_AUTOMATION": "true",
    "TF_INPUT": "false",
    "TF_PLUGIN_CACHE_DIR": str(PROVIDERS),
    "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true",
}


def run(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command in the folder of a module; `more` are variables beside this process's own."""
    return subprocess.run(
        ["terraform", *words],  # noqa: S607 - whichever the machine has
        cwd=folder,
        env=examples.variables({**OURS, **more}),
        capture_output=True,
        text=True,
        check=False,
    )


def initialise(folder: Path) -> str:
    """Get the module's providers as this machine is told to get them; why it cannot, or nothing."""
    if shutil.which("terraform") is None:
        return "this machine has no terraform"
    PROVIDERS.mkdir(parents=True, exist_ok=True)
    done = run(folder, "init", "-no-color", "-backend=false")
    if not done.returncode:
        return ""
    said = re.search(r"Error: (.+)", done.stderr)
    return f"terraform init: {said[1] if said else done.returncode}"


@functools.cache
def why_not() -> str:
    """Why the modules are only parsed here; nothing where Terraform and its provider are."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(MODULES / "secret" / "main.tf", folder)
        return initialise(Path(folder))


def notice() -> str:
    """What `make test` says at its beginning, so that nobody takes parsed for validated."""
    name = MODULES.relative_to(bootstrap.ROOT)
    reason = why_not()
    return f"{name}: parsed only; {reason}" if reason else f"{name}: validated by Terraform"
