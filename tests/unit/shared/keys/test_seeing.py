"""Which ending keys count as used, by dates that no issuer could be made to give."""

from datetime import UTC, datetime, timedelta

from shared.keys.ends import Ends
from shared.keys.leftovers import Leftovers
from shared.keys.seeing import readers_of
from tests.fake_ticket import ARN, FakeTicket
from tests.unit.shared.keys.test_issued import FakeIssuer, FakeManager, Key, held

STORED = datetime(2026, 1, 1, tzinfo=UTC)  # AWSCURRENT
DAY = timedelta(days=1)


def key(key_id: str, created: datetime, last_used: datetime) -> Key:
    return Key(key_id, f"{ARN} of-{key_id}", created, last_used=last_used)


def used(*others: Key, after: timedelta = timedelta()) -> set[str]:
    """The ids of those of the others that are told."""
    current = Key("c", f"{ARN} v2", STORED)
    ticket = FakeTicket(held("p"), current_created=STORED)
    leftovers = Leftovers(FakeIssuer(), FakeManager(), ticket)
    listed = [current, *others]
    ending = leftovers.ending_before_next(listed, held("c"), current, Ends(after=after))
    found = readers_of(FakeManager(), ending, ticket).found
    return {each.split("'")[1] for each in found}


def test_a_key_that_only_a_rotation_that_was_given_up_has_tried_is_nobodys() -> None:
    tried = STORED + 30 * DAY
    given_up = key("g", tried, tried + timedelta(seconds=5))
    assert used(key("p", STORED - 30 * DAY, tried), given_up) == {"p"}
    # Somebody moved AWSCURRENT back from this one, which so was in use.
    assert used(key("p", tried, tried + timedelta(seconds=5))) == {"p"}


def test_each_key_is_one_that_should_not_be_used_since_its_own_successor() -> None:
    before = key("p", STORED - 30 * DAY, STORED + timedelta(hours=1))
    late = key("late", STORED - 60 * DAY, STORED - 29 * DAY)
    idle = key("idle", STORED - 90 * DAY, STORED - 60 * DAY + timedelta(hours=1))
    assert used(before, late, idle, after=DAY) == {"late"}
