"""Which case it is, and what mends it, by all that can be seen; a row for each."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotctl.aws.functions import Function, Sight
from rotctl.aws.policies import Policy
from rotctl.aws.secrets import Secret
from rotctl.aws.versions import Version
from rotctl.healing.case import Case
from rotctl.healing.credentials import is_given_up, live_versions
from rotctl.healing.plan import Act, planned
from rotctl.healing.verdict import judge
from rotctl.links.answer import Answer, Reset
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.links.function import of_function, of_policy
from rotctl.links.secret import of_schedule, of_secret
from rotctl.output.chain import document
from rotctl.state.attempt import NO_PROGRESS, Progress
from rotctl.state.standing import Seen, standing
from tests.rotctl.documents import PAGE

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
DAY = timedelta(days=1)
RESET = Reset("arn:aws:x:admin", "postgres user 'app' at db:5432", "rotation:reset:1", "2")
SECRET = Secret(
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
NARROW = Policy(lets=True, narrow=True)
FUNCTION = Function("Mine", "Mine", "/aws/lambda/Mine", 60)
PENDING = {**SECRET.labels, "AWSPENDING": "two"}
STORED = {"two": 2, "stray": 1, "one": 30, "none": 60, "old": 90}
FAILED = Progress("setSecret", 1, "Rejected", "what; do", since=NOW - DAY, last=NOW - DAY)

OK, BROKEN, UNKNOWN = Health.OK, Health.BROKEN, Health.UNKNOWN
ACCEPTED = Check(Link.LOGIN, OK, "accepted", of="AWSCURRENT")
REFUSED = Check(Link.LOGIN, BROKEN, "refused", "store it", "AWSCURRENT", "Rejected")
ALL_REFUSED = Check(Link.LOGIN, BROKEN, "rejected all", "store yours", "", "Rejected")
MALFORMED = Check(Link.VALUE, BROKEN, "no 'host'", "correct it", "AWSCURRENT", "MalformedSecret")
DEAD = Check(Link.ENDPOINT, BROKEN, "no answer", "check 'host'", code="Unreachable")
BY_ADMIN: dict[str, Any] = {"reset": RESET}


def login(of: str, health: Health = OK) -> Check:
    return Check(Link.LOGIN, health, "accepted", of=of)


def chain(  # noqa: PLR0913 all that is seen
    *seen: Check,
    labels: Mapping[str, str] = SECRET.labels,
    enabled: bool = True,
    progress: Progress = NO_PROGRESS,
    refusal: Progress | None = None,
    function: Function = FUNCTION,
    policy: Policy = NARROW,
    missing: str = "",
    reset: Reset | None = None,
    **changed: Any,  # noqa: ANN401 fields of a secret
) -> Chain:
    """What rotctl would have seen."""
    secret = replace(SECRET, labels=labels, enabled=enabled, **changed)
    stands = standing(secret, function, NOW, Seen(progress, NOW - DAY, refusal))
    versions = [Version(each, NOW - days * DAY) for each, days in STORED.items()]
    answer = Answer(seen, reset, missing)
    checks: Sequence[Check] = [
        of_secret(secret, versions),
        of_schedule(secret, stands, NOW),
        of_function(secret, function),
        of_policy(secret, function, policy),
        *seen,
    ]
    return Chain(secret, function, stands, versions, answer, checks)


GIVE_UP = Progress(
    *("testSecret", 2, "Rejected"),
    "testSecret: refused; if every attempt ends so, give this rotation up",
    since=NOW - DAY,
)
ROTATING = Progress("testSecret", 1, since=NOW, last=NOW)
POLICY = Progress("setSecret", 1, "RejectedByPolicy", "too short; set it", since=NOW)
HELD: dict[str, Any] = {"labels": PENDING, "progress": FAILED}
OFF: dict[str, Any] = {"enabled": False}
TABLE: list[tuple[str, Chain, Case, list[Act]]] = [
    ("all is well", chain(ACCEPTED), Case.FINE, []),
    ("deleted", chain(ACCEPTED, deleted=NOW), Case.DELETED, []),
    ("no function", replace(chain(), secret=(bare := replace(SECRET, function="")),
        checks=[of_secret(bare, [])]), Case.UNATTACHED, []),
    ("another service's", replace(chain(), secret=(theirs := replace(bare, owner="rds")),
        checks=[of_secret(theirs, [])]), Case.FINE, []),
    ("gone", chain(function=replace(FUNCTION, sight=Sight.GONE)), Case.GONE, []),
    ("broken function", chain(ACCEPTED, function=replace(FUNCTION, fault="it failed")),
        Case.BLOCKED, []),
    ("not invocable", chain(ACCEPTED, policy=Policy(lets=False)), Case.UNINVOCABLE, []),
    ("rotating", chain(REFUSED, labels=PENDING, progress=ROTATING), Case.ROTATING, []),
    ("not allowed to ask", chain(missing="lambda:InvokeFunction"), Case.HIDDEN, []),
    ("dead endpoint", chain(DEAD, **HELD), Case.BLOCKED, []),
    ("older one's endpoint", chain(ACCEPTED, replace(DEAD, of="none")), Case.FINE, []),
    ("locked", chain(replace(REFUSED, code="LockedOut")), Case.BLOCKED, []),
    ("malformed, alone", chain(MALFORMED), Case.BLOCKED, []),
    ("malformed, previous live", chain(MALFORMED, login("AWSPREVIOUS")), Case.OLDER_LIVE,
        [Act.MOVE_BACK]),
    ("malformed pending", chain(ACCEPTED, replace(MALFORMED, of="AWSPENDING"), **HELD),
        Case.POISONED, [Act.GIVE_UP, Act.ROTATE]),
    ("dead endpoint of a malformed pending", chain(ACCEPTED, replace(MALFORMED, of="AWSPENDING"),
        replace(DEAD, of="AWSPENDING"), **HELD), Case.POISONED, [Act.GIVE_UP, Act.ROTATE]),
    ("what else is wrong comes first", chain(replace(MALFORMED, of="AWSPENDING"), DEAD, **HELD),
        Case.BLOCKED, []),
    ("an attempt failed twice as none will do", chain(ACCEPTED, labels=PENDING, progress=GIVE_UP),
        Case.POISONED, [Act.GIVE_UP, Act.ROTATE]),
    ("and once", chain(ACCEPTED, labels=PENDING, progress=replace(GIVE_UP, attempts=1)),
        Case.INTERRUPTED, [Act.ROTATE]),
    ("pending live", chain(REFUSED, login("AWSPENDING"), **HELD), Case.PENDING_LIVE, [Act.ROTATE]),
    ("pending live, off", chain(REFUSED, login("AWSPENDING"), **HELD, **OFF), Case.PENDING_LIVE,
        [Act.GIVE_UP, Act.ROTATE]),
    ("stray live", chain(REFUSED, login("stray")), Case.GIVEN_UP_LIVE, [Act.ROTATE]),
    ("stray live, off", chain(REFUSED, login("stray"), **OFF), Case.GIVEN_UP_LIVE, [Act.ROTATE]),
    ("old live", chain(REFUSED, login("old"), **HELD), Case.OLDER_LIVE, [Act.MOVE_BACK]),
    ("previous live", chain(REFUSED, login("AWSPREVIOUS")), Case.OLDER_LIVE, [Act.MOVE_BACK]),
    ("previous live, moved back from", chain(REFUSED, login("AWSPREVIOUS"),
        labels={"AWSCURRENT": "old", "AWSPREVIOUS": "one"}), Case.GIVEN_UP_LIVE, [Act.ROTATE]),
    ("none live", chain(REFUSED, ALL_REFUSED), Case.LOCKED_OUT, []),
    ("not seen", chain(replace(ACCEPTED, health=UNKNOWN), **HELD), Case.UNPROVEN, []),
    ("not told", chain(), Case.UNPROVEN, []),
    ("cancelled", chain(ACCEPTED, **HELD, **OFF), Case.CANCELLED, [Act.GIVE_UP, Act.ROTATE]),
    ("interrupted", chain(ACCEPTED, **HELD), Case.INTERRUPTED, [Act.ROTATE]),
    ("refused by rules", chain(ACCEPTED, refusal=POLICY), Case.REFUSED, [Act.ROTATE]),
    ("overdue", chain(ACCEPTED, next=NOW - DAY), Case.OVERDUE, [Act.ROTATE]),
    ("off", chain(ACCEPTED, **OFF), Case.OFF, [Act.SWITCH_ON]),
]  # fmt: skip


@pytest.mark.parametrize(("seen", "case", "acts"), [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE])  # fmt: skip
def test_each_case_is_told_and_has_the_least_that_mends_it(
    seen: Chain, case: Case, acts: list[Act]
) -> None:
    verdict = judge(seen)
    assert verdict.case is case
    assert "\n" not in verdict.words
    assert bool(verdict.do) == (case is not Case.FINE)
    assert [step.act for step in planned(seen, verdict, reset=False).steps] == acts


def test_every_case_is_in_the_table() -> None:
    assert {row[2] for row in TABLE} == set(Case)


def test_the_page_says_what_heal_does_about_each_case() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| [^|]+ \| ([^|]+) \|$", PAGE, re.MULTILINE)
    explained = {Case(name): does.startswith("nothing") for name, does in rows if name in set(Case)
        and name not in set(Link)}  # fmt: skip
    idle = {case: all(not row[3] for row in TABLE if row[2] is case) for case in Case}
    assert explained == idle


def test_the_page_has_every_link_and_every_key_of_a_diagnosis() -> None:
    section = PAGE.partition("## Diagnosing")[2].partition("## Healing")[0]
    rows = re.findall(r"^\| (`[a-z`, ]+`) \|", section, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert named == [str(link) for link in Link]
    (keys,) = re.findall(r"^\| `diagnose` \| (`name`.*) \|$", PAGE, re.MULTILINE)
    seen = chain(ACCEPTED)
    assert re.findall(r"`(\w+)`", keys) == list(document(seen, judge(seen)))


def test_a_locked_out_secret_is_reset_only_if_a_person_says_so_and_an_admin_is_there() -> None:
    for seen, reset, acts in (
        (chain(REFUSED, **BY_ADMIN), False, []),
        (chain(REFUSED, **BY_ADMIN), True, [Act.RESET]),
        (chain(REFUSED, **BY_ADMIN, **HELD), True, [Act.RESET]),
        (chain(REFUSED, **BY_ADMIN, **HELD, **OFF), True, [Act.GIVE_UP, Act.RESET]),
        (chain(REFUSED), True, []),
        (chain(REFUSED, login("old"), **BY_ADMIN), True, [Act.MOVE_BACK]),
        (chain(ACCEPTED, **BY_ADMIN), True, []),
    ):
        plan = planned(seen, judge(seen), reset=reset)
        assert [step.act for step in plan.steps] == acts
        assert [step.reset for step in plan.steps if step.reset] == [RESET] * (Act.RESET in acts)
        assert all(RESET.subject in step.words for step in plan.steps if step.reset)
    assert "--reset" in judge(chain(REFUSED, **BY_ADMIN)).do
    assert judge(chain(REFUSED, ALL_REFUSED)).do == "store yours"
    untried = judge(chain(REFUSED, ALL_REFUSED, login("AWSPREVIOUS", UNKNOWN))).do
    assert "--move-to-version-id none --remove-from-version-id one`" in untried


ANY = st.lists(
    st.builds(
        Check,
        st.sampled_from([Link.LOGIN, Link.VALUE, Link.ADMIN, Link.ENDPOINT, Link.KEY]),
        st.sampled_from(Health),
        st.just("seen"),
        of=st.sampled_from(["", "AWSCURRENT", "AWSPENDING", "AWSPREVIOUS", "stray", "old"]),
        code=st.sampled_from(["", "Rejected", "LockedOut", "Unreachable"]),
    ),
    max_size=6,
)


@given(ANY, st.sampled_from([SECRET.labels, PENDING]), st.booleans(), st.booleans())
def test_no_label_moves_but_to_a_version_that_was_seen_to_be_accepted(
    checks: list[Check], labels: Mapping[str, str], enabled: bool, reset: bool
) -> None:
    seen = chain(*checks, labels=labels, enabled=enabled, progress=FAILED, reset=RESET)
    verdict = judge(seen)
    if seen.standing.state.needs_a_person:  # status and diagnose say the same
        assert verdict.case.is_broken
    for step in planned(seen, verdict, reset=reset).steps:
        if step.act is Act.MOVE_BACK:
            assert step.version in live_versions(seen)
            assert step.version not in {labels["AWSCURRENT"], labels.get("AWSPENDING")}
        if step.act is Act.GIVE_UP:
            assert step.version == labels["AWSPENDING"]
        if step.act is Act.RESET:
            assert not live_versions(seen)


def test_a_version_that_was_given_up_is_what_strategies_md_says() -> None:
    seen = chain()
    assert [each for each in STORED if is_given_up(seen, each)] == ["two", "stray", "one"]
    alone = chain(labels={"AWSCURRENT": "one"})
    assert is_given_up(alone, "old")
