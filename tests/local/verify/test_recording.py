"""A recording: without what differs by chance, asked again, and a changed answer is found."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from local.verify import recording, rules
from local.verify.place import Place
from local.verify.recording import Recording, differences
from local.verify.registry import Check
from local.verify.verdict import Result

RECORDED = sorted(Path(recording.__file__).with_name("recordings").glob("*.json"))


@pytest.fixture(scope="module")
def made(
    place: Place, asked: Callable[[Check], Result], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """What was asked of the local service, and answered, in a file."""
    file = tmp_path_factory.mktemp("recorded") / "local.json"
    recording.save(file, [asked(check) for check in rules.checks()], place)
    return file


def test_what_is_asked_again_is_answered_as_it_was(place: Place, made: Path) -> None:
    recorded: Recording = json.loads(made.read_text())
    assert len(recorded) == len(rules.checks())
    assert differences(recorded, place) == {}


def test_a_changed_answer_is_found_where_it_is(place: Place, made: Path) -> None:
    name = "awscurrent_moves_from_its_version_and_awsprevious_follows"
    exchanges = json.loads(made.read_text())[name]
    number, described = next(
        (n, each) for n, each in enumerate(exchanges) if each["operation"] == "DescribeSecret"
    )
    described["answer"]["Name"] = "another"
    del described["answer"]["CreatedDate"]
    assert differences({name: exchanges}, place) == {
        name: [
            f"[{number}].answer.Name: '<name 1>', recorded was 'another'",
            f"[{number}].answer.CreatedDate: '<date>', recorded was 'nothing'",
        ]
    }


def test_a_call_that_is_missing_is_found(place: Place, made: Path) -> None:
    name = "an_unknown_secret_is_not_found"
    exchanges = json.loads(made.read_text())[name]
    (told,) = differences({name: exchanges[:-1]}, place)[name]
    assert told.startswith(": [")


def test_it_has_no_id_no_date_no_account_and_no_generated_value(made: Path) -> None:
    text = made.read_text()
    for pattern in (
        r"[0-9a-f]{8}-[0-9a-f]{4}",  # a version, a request
        r"\b\d{12}\b",  # an account
        r"202\d-\d\d",  # a date
        r"us-(east|west)-\d",
        r"secret-rotators-verify/",
        r'"RandomPassword": "[^<]',
    ):
        assert not re.search(pattern, text), pattern
    assert "RotationToken" not in re.sub(r"keys:[\w+]+", "", text)


def test_the_local_service_answers_as_was_recorded(place: Place) -> None:
    for file in RECORDED:  # nobody has run it on AWS yet
        assert differences(json.loads(file.read_text()), place) == {}, file.name


def test_what_was_recorded_on_aws_is_not_called_an_assumption_any_more() -> None:
    seen = {name for file in RECORDED for name in json.loads(file.read_text())}
    assert not [check.name for check in rules.checks() if check.assumed and check.name in seen]
