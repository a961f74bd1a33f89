"""Where a rotation stands, by what is known of it: the windows, and what nobody can know."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotctl.aws import secrets
from rotctl.aws.functions import Function, Sight
from rotctl.state.attempt import Progress
from rotctl.state.standing import Seen, State, is_open, standing

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
DAY = timedelta(days=1)
FUNCTION = Function("Mine", "Mine", "/aws/lambda/Mine", 60)
SECRET = secrets.Secret(
    name="app",
    arn="arn:aws:secretsmanager:us-east-1:123456789012:secret:app-abcdef",
    function="arn:aws:lambda:us-east-1:123456789012:function:Mine",
    enabled=True,
    schedule="every 30 days",
    hours=None,
    created=NOW - 90 * DAY,
    changed=NOW - DAY,
    last=NOW - DAY,
    next=NOW + 30 * DAY,
    labels={"AWSCURRENT": "one", "AWSPREVIOUS": "none"},
)
BEGUN = replace(SECRET, labels={"AWSCURRENT": "one", "AWSPENDING": "two"})


@pytest.mark.parametrize(
    ("hours", "shuts", "state"),
    [
        (3, timedelta(hours=4), State.FINE),
        (3, timedelta(hours=3), State.DUE),
        (None, timedelta(hours=21), State.DUE),  # until midnight
        (None, timedelta(hours=22), State.FINE),
        (3, -timedelta(minutes=2), State.OVERDUE),
    ],
)
def test_due_is_as_long_as_the_window(hours: int | None, shuts: timedelta, state: State) -> None:
    assert standing(replace(SECRET, hours=hours, next=NOW + shuts), FUNCTION, NOW).state is state


def test_a_window_is_open_between_its_ends_and_without_a_schedule() -> None:
    shut = replace(SECRET, hours=3, next=NOW + timedelta(hours=2))
    moments = [NOW - timedelta(hours=2), NOW, NOW + timedelta(hours=3)]
    assert [is_open(shut, moment) for moment in moments] == [False, True, False]
    assert is_open(replace(SECRET, next=None), NOW)


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (Seen(made=NOW - DAY), "stuck since 2026-11-29 03:00"),
        (Seen(made=NOW), "rotating now"),
        (Seen(Progress("testSecret", 1, since=NOW, last=NOW)), "rotating now, at testSecret"),
        (Seen(made=NOW, missing="logs:FilterLogEvents"), "no permission: logs:FilterLogEvents"),
        (Seen(made=NOW - DAY, passing="Lambda: throttled"), "not seen: Lambda: throttled"),
    ],
)
def test_where_no_line_says_the_step_none_is_named(seen: Seen, words: str) -> None:
    assert standing(BEGUN, FUNCTION, NOW, seen).words() == words


def test_what_was_switched_off_with_a_label_left_is_stuck() -> None:
    off = replace(BEGUN, enabled=False)
    assert standing(off, FUNCTION, NOW, Seen(made=NOW)).state is State.STUCK
    assert standing(replace(SECRET, enabled=False), FUNCTION, NOW).state is State.OFF
    finished = replace(SECRET, labels={"AWSCURRENT": "one", "AWSPENDING": "one"})
    assert standing(finished, FUNCTION, NOW).state is State.FINE


def test_dates_are_in_utc_whatever_the_machines_zone() -> None:
    there = timezone(timedelta(hours=5, minutes=30))
    entry = {
        "Name": "app", "ARN": SECRET.arn, "RotationEnabled": True, "CreatedDate": NOW,
        "NextRotationDate": datetime(2026, 11, 30, 5, 29, tzinfo=there),
    }  # fmt: skip
    found = standing(secrets._of(entry, {}), FUNCTION, NOW)
    assert found.words() == "overdue since 2026-11-29 23:59"


@given(
    st.sampled_from([SECRET, BEGUN, replace(SECRET, function="", last=None, next=None)]),
    st.booleans(),
    st.sampled_from(Sight),
    st.timedeltas(-400 * DAY, 400 * DAY),
    st.builds(
        Seen,
        made=st.none() | st.just(NOW),
        missing=st.sampled_from(["", "a:B"]),
        passing=st.sampled_from(["", "Lambda: throttled"]),
    ),
)
def test_every_secret_has_a_state_and_words_for_it(
    secret: secrets.Secret, enabled: bool, sight: Sight, moved: timedelta, seen: Seen
) -> None:
    secret, function = replace(secret, enabled=enabled), replace(FUNCTION, sight=sight)
    found = standing(secret, function, NOW + moved, seen)
    assert found.words().startswith(str(found.state).replace("-", " ").removesuffix("ing"))
    assert found.state.needs_a_person is (found.state.rank < list(State).index(State.ROTATING))
