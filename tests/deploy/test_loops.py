"""The template's loops: written out as others write them out, over every function, and no more."""

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from cfnlint.decode import decode
from cfnlint.template.transforms._language_extensions import language_extension

from local import template
from local.build import artifacts
from local.build.source import rotator_of

SECTIONS = ("Conditions", "Resources", "Outputs")


def as_written() -> dict[str, Any]:
    """The template with its loops in it."""
    loaded = yaml.load(template.TEMPLATE.read_text(), template._Loader)  # noqa: S506 - a SafeLoader
    return dict(loaded)


def test_they_are_written_out_as_cfn_lint_writes_them_out() -> None:
    decoded, errors = decode(str(template.TEMPLATE))
    assert errors == []
    asked = SimpleNamespace(template=decoded, filename="template.yaml", regions=["us-east-1"])
    matches, linted = language_extension(asked)
    assert matches == []
    document = template.document()
    for section in SECTIONS:
        assert document[section] == linted[section]


def test_the_list_has_every_function() -> None:
    names = template.document()["Mappings"]["Functions"]["Names"]
    assert names == {"All": list(template.functions()), "Watchers": list(template.watchers())}


def test_no_function_is_in_one() -> None:
    """SAM 1.170 gives all functions of a loop with one CodeUri the first one's artifact."""
    alone = {
        name
        for name, each in as_written()["Resources"].items()
        if isinstance(each, dict) and each["Type"] == "AWS::Serverless::Function"
    }
    assert alone == template.functions().keys() | template.watchers().keys()


def test_a_condition_is_never_the_first_key() -> None:
    """CloudFormation would take it for a function of its own, and refuse the template."""
    for section in SECTIONS:
        for key, loop in as_written()[section].items():
            if key.startswith("Fn::ForEach::"):
                for body in loop[2].values():
                    assert next(iter(body)) != "Condition"


def test_a_template_without_loops_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "t.yaml").write_text("Resources: {A: {Type: X, Properties: {V: !Sub 'a'}}}\n")
    assert template.document(tmp_path / "t.yaml")["Resources"]["A"]["Properties"] == {
        "V": {"Fn::Sub": "a"}
    }


@pytest.mark.parametrize("name", ["", "Nobody", "DatabaseAdminUse", "Postgres.*", "Conditions"])
def test_what_is_no_function_has_no_rotator(name: str) -> None:
    with pytest.raises(SystemExit, match="has no function"):
        rotator_of(name)


def test_a_rotator_is_not_taken_from_the_next_block(tmp_path: Path) -> None:
    text = (
        "  Role:\n    Type: T\n  F:\n    Type: T\n    Properties:\n      Handler: rotators.tiny.h\n"
    )
    (tmp_path / "t.yaml").write_text(text)
    assert rotator_of("F", tmp_path / "t.yaml") == "tiny"
    with pytest.raises(SystemExit, match="no function 'Role'"):
        rotator_of("Role", tmp_path / "t.yaml")


def test_sam_is_told_of_a_function_that_is_not_there(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "build-Nobody", f"ARTIFACTS_DIR={tmp_path}"],  # noqa: S607 - as SAM
        cwd=artifacts.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "template.yaml has no function 'Nobody' with a handler in rotators" in done.stderr
    assert not list(tmp_path.iterdir())
