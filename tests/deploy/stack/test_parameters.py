"""What a deploy asks: nothing that has no default, each parameter in one group of the console."""

import re
import tomllib

from local import template
from local.build import artifacts

PARAMETERS = template.document()["Parameters"]
SAMCONFIG = artifacts.ROOT / "samconfig.toml"
PAGES = [
    path
    for folder in (artifacts.ROOT, artifacts.ROOT / "docs")
    for kind in ("*.md", "*.toml", "*.sh", "*.yaml", "*.yml")
    for path in (folder.glob(kind) if folder == artifacts.ROOT else folder.rglob(kind))
]
# After `--parameter-overrides`, or what samconfig.toml has for it: a string, or a list of them.
OVERRIDES = re.compile(
    r"--parameter-overrides((?:\s+\\\n|[^\n`])*)|parameter_overrides = (\"[^\"]*\"|\[[^\]]*\])"
)
WORD = re.compile(r"\s*(\"?file://[^\s\"]+\"?|[A-Za-z]\w*=(?:\"[^\"]*\"|'[^']*'|[^\s\"']*))")


def test_no_parameter_has_to_be_given() -> None:
    assert [name for name, each in PARAMETERS.items() if "Default" not in each] == []


def test_each_is_in_one_group_and_each_group_says_what_it_is_about() -> None:
    interface = template.document()["Metadata"]["AWS::CloudFormation::Interface"]
    groups = interface["ParameterGroups"]
    listed = [name for group in groups for name in group["Parameters"]]
    assert sorted(listed) == sorted(PARAMETERS)
    kinds = [group["Label"]["default"].partition(":")[0] for group in groups]
    assert kinds == [
        *("Where", "What", "Strategy", "Rules of passwords and keys", "Network", "Telling")
    ]


def test_the_deploy_defaults_are_the_templates() -> None:
    deploy = tomllib.loads(SAMCONFIG.read_text())["default"]["deploy"]["parameters"]
    assert "parameter_overrides" not in deploy
    assert deploy["capabilities"] == "CAPABILITY_IAM"


def test_the_table_of_engines_names_functions_and_parameters_that_there_are() -> None:
    page = (artifacts.ROOT / "docs" / "deploying.md").read_text()
    table = page.partition("| you have |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [row.strip("|").split(" | ") for row in table]
    functions = {name for row in cells for name in re.findall(r"`(\w+)`", row[1])}
    assert functions <= template.functions().keys()
    given = {name for row in cells for name in re.findall(r"`(\w+)[=`]", row[2])}
    assert given
    assert given <= PARAMETERS.keys()


def lost(words: str) -> str:
    """What SAM would drop without a word: all that is no Name=value, such as the rest of a list."""
    return WORD.sub("", words).replace("\\\n", "").strip()


def test_a_list_with_spaces_is_seen() -> None:
    assert lost("SubnetIds=a,b IssuerHosts=a,b") == ""
    assert lost("IssuerHosts='a b' VpcId=vpc-1") == ""
    assert lost("IssuerHosts=a b") == "b"


def test_no_example_has_a_list_with_spaces() -> None:
    """`IssuerHosts=a b` would become `a`."""
    found = 0
    for page in PAGES:
        for match in OVERRIDES.finditer(page.read_text()):
            if match[2]:
                given = tomllib.loads(f"given = {match[2]}")["given"]
                words = " ".join(given) if isinstance(given, list) else given
            else:
                words = match[1].split(" --")[0]
            found += 1
            assert lost(words) == "", (page.name, match[0])
    assert found > 2
