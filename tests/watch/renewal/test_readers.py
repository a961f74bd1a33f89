"""Who is found by the tags, and in which order."""

import json

import pytest

from rotctl.aws.session import Aws
from rotctl.trouble import Trouble
from tests.watch.renewal.account import Account
from watch.renewal import readers, wave
from watch.renewal.course import Course


def labels(name: str) -> list[list[str]]:
    """The secret's waves, as messages call their readers."""
    return [[readers.label(arn) for arn in each] for each in readers.waves(Aws(), name)]


def test_a_tag_names_several_secrets_or_all_below_a_folder(account: Account) -> None:
    account.service("api", "shop/db shop/key")
    account.service("all", "shop/", wave="10")
    account.function("job", "shop/db", wave="2")
    account.function("odd", "shop/d shop/db2 other/shop/db")
    assert labels("shop/db") == [["service main/api"], ["function job"], ["service main/all"]]
    assert labels("shop/key") == [["service main/api"], ["service main/all"]]
    assert labels("shop/other") == [["service main/all"]]
    assert labels("shop") == labels("else") == []


def test_every_page_is_read(account: Account) -> None:
    for number in range(120):
        account.service(f"page-{number:03}", "pages/db", desiredCount=0)
    (found,) = labels("pages/db")
    assert len(found) == 120


@pytest.mark.parametrize("wave", ["first", "-1", "1.5", "²"])
def test_a_wave_that_is_no_number_stops_all(account: Account, wave: str) -> None:
    name = f"waves/{ord(wave[-1])}"
    account.service(f"wave-{ord(wave[-1])}", name, wave=wave)
    with pytest.raises(Trouble, match="which is no number; give it a number such as 0"):
        readers.waves(Aws(), name)


def test_the_machine_can_keep_the_longest() -> None:
    """With room for a task's error. Of those that are begun at once each stands in it twice."""
    arn = f"arn:aws-us-gov:ecs:ap-northeast-1:123456789012:service/{'c' * 255}/{'s' * 250}"
    arns = [f"{arn}-{number:04}" for number in range(readers.MOST)]
    begun = dict.fromkeys(arns[: wave.AT_ONCE], "2026-11-30T03:12:45Z")
    given = Course("arn", "2026-11-30T03:12:45Z", waves=[arns], begun=begun)
    assert len(json.dumps(given.document())) < 262_144 - 16_384


def test_more_than_the_machine_can_keep_are_refused(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "MOST", 1)
    account.service("one", "most/db")
    assert len(readers.waves(Aws(), "most/db")) == 1
    account.function("two", "most/db")
    with pytest.raises(Trouble, match="more than 1 readers"):
        readers.waves(Aws(), "most/db")
