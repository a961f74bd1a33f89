"""How far a rotation has come, from any lines that functions may leave."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from rotctl.aws.logs import StepLine
from rotctl.aws.trail import NAMES, TrailEvent
from rotctl.state.attempt import NO_PROGRESS, STEPS, progress
from rotctl.state.past import Outcome, rotations

BEGAN = datetime(2026, 11, 30, 3, tzinfo=UTC)
VERSIONS = st.sampled_from(["one", "two"])


def line(second: int, step: str, code: str = "", version: str = "one") -> StepLine:
    message = f"{step}: what; do this; then that" if code else "step done"
    time = BEGAN + timedelta(seconds=second)
    return StepLine(time, "arn", version, step, code, code == "Busy", message)


LINES = st.lists(
    st.builds(
        line,
        st.integers(0, 100),
        st.sampled_from([*STEPS, "event"]),
        st.sampled_from(["", "", "Busy", "Rejected", "WrongStage"]),
        VERSIONS,
    )
)
EVENTS = st.lists(
    st.builds(
        TrailEvent,
        st.sampled_from(NAMES),
        st.integers(0, 100).map(lambda second: BEGAN + timedelta(seconds=second)),
        VERSIONS,
        st.sampled_from(["", *STEPS]),
    )
)


def test_a_killed_step_is_the_one_after_the_last_that_ended() -> None:
    done = [line(1, "createSecret"), line(2, "createSecret"), line(3, "createSecret")]
    found = progress(done)
    assert (found.step, found.attempts, found.code) == ("setSecret", 3, "")


def test_a_failure_counts_since_it_first_failed_there() -> None:
    found = progress([
        line(1, "createSecret"), line(2, "setSecret", "Busy"), line(3, "createSecret"),
        line(4, "setSecret", "Rejected"),
    ])  # fmt: skip
    assert (found.step, found.attempts, found.code) == ("setSecret", 2, "Rejected")
    assert found.since == BEGAN + timedelta(seconds=2)
    assert found.action == "do this; then that"


def test_what_comes_after_a_version_was_given_up_is_no_reason() -> None:
    refused = line(2, "setSecret", "RejectedByPolicy")
    assert progress([line(1, "createSecret"), refused, line(3, "createSecret", "WrongStage")]) == (
        progress([line(1, "createSecret"), refused])
    )


@given(LINES)
def test_any_lines_say_where_it_is(lines: list[StepLine]) -> None:
    lines.sort(key=lambda each: each.time)
    found = progress(lines)
    if not lines:
        assert found == NO_PROGRESS
        return
    assert found.since is not None
    assert found.last is not None
    assert lines[0].time <= found.since <= found.last <= lines[-1].time
    assert 1 <= found.attempts <= len(lines)
    assert bool(found.code) is bool(found.message)
    assert not (found.code and found.finished)


@given(EVENTS, LINES)
def test_any_events_and_lines_are_one_entry_for_each_version(
    events: list[TrailEvent], lines: list[StepLine]
) -> None:
    found = rotations(sorted(events, key=lambda each: each.time), lines)
    versions = [each.version for each in found]
    known = {event.version for event in events} | {each.version for each in lines}
    assert sorted(versions) == sorted(known)
    assert [each.began for each in found] == sorted((each.began for each in found), reverse=True)
    for each in found:
        assert each.began <= each.ended
        assert bool(each.action) is (each.outcome is Outcome.FAILED)
