"""What is known of secrets and functions by their names, their tags, and the page."""

import re

import pytest

from local.bootstrap import ROOT
from rotctl.adoption import asking
from rotctl.adoption.origin import TAKEN
from rotctl.adoption.owner import owner
from rotctl.aws.functions import Function
from rotctl.output.moves import is_ended
from rotctl.state import following
from shared.errors import GIVE_UP


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"aws:cloudformation:stack-name": "orders"}, "CloudFormation's stack 'orders'"),
        ({"Terraform": "true"}, "Terraform (tag Terraform)"),
        ({"ManagedBy": "terraform"}, "Terraform (tag ManagedBy)"),
        ({"team": "data", "aws:cloudformation:stack-name": ""}, ""),
        ({}, ""),
    ],
)
def test_an_owner_is_told_by_a_tag(tags: dict[str, str], says: str) -> None:
    assert owner(tags).startswith(says)
    assert bool(owner(tags)) is bool(says)


def test_the_page_has_awss_templates_and_the_python_that_ends() -> None:
    page = (ROOT / "docs/from-aws-functions.md").read_text()
    rows = re.findall(r"^\| (SecretsManager.*?) \| `(\w+)` \|$", page, re.MULTILINE)
    assert {old: new for olds, new in rows for old in olds.split(", ")} == TAKEN
    (listed,) = re.findall(r"contains\(\[('python.*?')\]", page)
    ended = {each: is_ended(Function("", "", "", runtime=each)) for each in RUNTIMES}
    assert {each for each, has_ended in ended.items() if has_ended} == set(
        listed.replace("'", "").split(", ")
    )


RUNTIMES = [f"python{each}" for each in ("2.7", *(f"3.{n}" for n in range(6, 15)))] + ["nodejs20.x"]


def test_a_fault_of_a_test_leaves_nothing_to_give_up() -> None:
    """What rotctl leaves out of a test's message is what the functions say."""
    assert f"; {GIVE_UP}".startswith(following._GIVING_UP)


@pytest.mark.parametrize(
    ("state", "of", "stops", "words"),
    [
        ("broken", "", True, "what; do"),
        ("broken", "AWSCURRENT", True, "what; do"),
        ("broken", "AWSPREVIOUS", False, "what; do"),
        ("warning", "AWSCURRENT", False, "what"),
    ],
)
def test_only_what_a_rotation_needs_stops_it(
    state: str, of: str, words: str, *, stops: bool
) -> None:
    do = "do" if state == "broken" else ""
    note = asking._note({"state": state, "of": of, "what": "what", "do": do})
    assert (note.stops, str(note)) == (stops, words)
