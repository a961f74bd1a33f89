"""docs/deploying.md and all that names a `sam deploy`: the SAM CLI reads what was meant."""

import re
import shlex
import tomllib
from pathlib import Path

import pytest

from local import template
from local.bootstrap import ROOT
from shared.passwords import PasswordPolicy
from tests.deploy.documents.pages import Section, section
from tests.deploy.documents.sam import Sam

GIVEN = "--parameter-overrides"
DEFAULT_OF_AWS = "/@\"'\\"
PARAMETERS = template.document()["Parameters"]
DEPLOY = section("deploying", "2. Deploy")
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = sorted(
    {
        " ".join(line.strip().removeprefix("sam deploy").split())
        for page in PAGES
        for block in Section(page.read_text()).blocks("sh")
        for line in block.replace("\\\n", "").splitlines()
        if line.strip().startswith("sam deploy")
    }
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With the template, its samconfig.toml and the page's `mine.toml`."""
    for name in ("template.yaml", "samconfig.toml"):
        (tmp_path / name).write_text((ROOT / name).read_text())
    for name in ("mine.toml", "eu-west-1.toml"):
        (tmp_path / name).write_text(DEPLOY.block("toml", "SubnetIds"))
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_a_deploy_of_the_pages_is_read_as_it_is_meant(command: str, folder: Path, sam: Sam) -> None:
    # A release has a folder with its own template and samconfig.toml.
    words = shlex.split(command.replace("x86_64/", "").replace("$region", "eu-west-1"))
    read = sam(*words, folder=folder)
    assert (read.refused, read.language_extensions) == (None, True)
    meant = dict(each.split("=", 1) for each in words if re.match(r"\w+=", each))
    if "file://" in command:
        mine = tomllib.loads((folder / "mine.toml").read_text())
        joined = {k: ",".join(v) if isinstance(v, list) else v for k, v in mine.items()}
        meant = joined | meant
    assert read.parameters == meant
    assert meant.keys() <= PARAMETERS.keys()


def test_a_value_arrives_whole_in_either_form(folder: Path, sam: Sam) -> None:
    rows = re.findall(r"^\| [^|]+ \| `(\w+ = .+?)` \| `(.+?)`", DEPLOY.text, re.MULTILINE)
    (folder / "mine.toml").write_text("\n".join(file for file, _ in rows))
    whole = sam(GIVEN, "file://mine.toml", folder=folder).parameters
    assert whole == {
        "IssuerHosts": "hub.example.org,api.example.org",
        "SecretTagValue": "my team",
        "Issuer": '{"base": "https://hub.example.org"}',
        "ExcludeCharacters": DEFAULT_OF_AWS,
        "AlarmTopicArn": "",
    }
    words = [tomllib.loads(f"it = {each}")["it"] if "'" in each else each for _, each in rows]
    for (_, written), word in zip(rows, words, strict=True):
        assert "'''" in written or shlex.split(written) == [word]  # a shell's quotes do as TOML's
    arrived = sam(GIVEN, *words).parameters
    excluded = arrived.pop("ExcludeCharacters"), whole.pop("ExcludeCharacters")
    assert arrived == whole
    twice, once = (PasswordPolicy.from_environment({"EXCLUDE_CHARACTERS": e}) for e in excluded)
    assert twice == once


def test_sam_cuts_a_value_that_has_no_quotes_of_its_own(sam: Sam) -> None:
    """If it does so no more, the page can be shorter."""
    cut = {"a b": "a", DEFAULT_OF_AWS: "/@"}
    for value, left in cut.items():
        read = sam(GIVEN, f"ExcludeCharacters={value}")
        assert read.parameters == {"ExcludeCharacters": left}


def test_a_parameter_is_taken_back_by_its_default_and_not_by_silence(sam: Sam) -> None:
    said = section("deploying", "Taking a parameter back").text
    ((name, value),) = re.findall(r'`(\w+) = "(false)"`', said)
    assert set(sam().kept) == PARAMETERS.keys()
    back = sam(GIVEN, f"{name}={value}", 'AlarmTopicArn=""')
    assert back.parameters == {name: "false", "AlarmTopicArn": ""}
    assert set(back.kept) == PARAMETERS.keys() - back.parameters.keys()
    assert "not a valid format" in str(sam(GIVEN, "AlarmTopicArn=").refused)
