"""The artifact of what tells of rotations: its own files and rotctl's, and no package."""

import json
import subprocess
from pathlib import Path

from local import template
from local.build import artifacts
from local.supply.sbom.bill import BuildFacts, bill

MADE = BuildFacts("RotationTeller", "1.0", "2026-01-01T00:00:00Z", {"commit": "any"}, "any")


def test_it_starts_with_what_the_runtime_has_and_brings_nothing(tmp_path: Path) -> None:
    subprocess.run(
        ["make", "build-RotationTeller", f"ARTIFACTS_DIR={tmp_path}"],  # noqa: S607 - as SAM
        cwd=artifacts.ROOT,
        capture_output=True,
        check=True,
    )
    assert {path.name for path in tmp_path.iterdir()} == {"watch", "rotctl"}
    assert json.loads(bill(tmp_path, [], MADE))["components"] == []
    modules = [each.handler.rpartition(".")[0] for each in template.watchers().values()]
    code = (
        f"import importlib, sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        f"[importlib.import_module(each) for each in {modules!r}]\n"
        "assert not {'typer', 'rich'} & sys.modules.keys()\n"
        f"assert all(sys.modules[each].handler for each in {modules!r})"
    )
    subprocess.run(
        [
            artifacts.LAMBDA_PYTHON,
            "-I",
            "-c",
            f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}",
        ],
        check=True,
    )
