"""Which case it is, and what mends it, by all that can be seen; a row for each."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rotctl.aws.functions import Sight
from rotctl.aws.permission import Permission
from rotctl.healing.case import Case
from rotctl.healing.credentials import is_given_up, live_versions
from rotctl.healing.plan import Act, planned
from rotctl.healing.verdict import judge
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.links.secret import of_secret
from rotctl.output.chain import document
from rotctl.state.attempt import Progress
from tests.rotctl.documents import PAGE
from tests.rotctl.healing.chains import (
    ACCEPTED,
    ALL_REFUSED,
    BY_ADMIN,
    DAY,
    DEAD,
    FAILED,
    FUNCTION,
    MALFORMED,
    NOW,
    PENDING,
    REFUSED,
    RESET,
    SECRET,
    STORED,
    UNKNOWN,
    chain,
    login,
)

GIVE_UP = Progress(
    *("testSecret", 2, "Rejected"),
    "testSecret: refused; if every attempt ends so, give this rotation up",
    since=NOW - DAY,
)
ROTATING = Progress("testSecret", 1, since=NOW, last=NOW)
POLICY = Progress("setSecret", 1, "RejectedByPolicy", "too short; set it", since=NOW)
HELD: dict[str, Any] = {"labels": PENDING, "progress": FAILED}
AGAIN: dict[str, Any] = {"again": True}
OFF: dict[str, Any] = {"enabled": False}
TABLE: list[tuple[str, Chain, Case, list[Act]]] = [
    ("all is well", chain(ACCEPTED), Case.FINE, []),
    ("deleted", chain(ACCEPTED, deleted=NOW), Case.DELETED, []),
    ("no function", replace(chain(), secret=(bare := replace(SECRET, function="")),
        checks=[of_secret(bare, [])]), Case.UNATTACHED, []),
    ("another service's", replace(chain(), secret=(theirs := replace(bare, owner="rds")),
        checks=[of_secret(theirs, [])]), Case.FINE, []),
    ("a replica", replace(chain(), secret=(copy := replace(bare, primary="eu-west-1")),
        checks=[of_secret(copy, [])]), Case.FINE, []),
    ("gone", chain(function=replace(FUNCTION, sight=Sight.GONE)), Case.GONE, []),
    ("broken function", chain(ACCEPTED, function=replace(FUNCTION, fault="it failed")),
        Case.BLOCKED, []),
    ("not invocable", chain(ACCEPTED, policy=Permission(())), Case.UNINVOCABLE, []),
    ("rotating", chain(REFUSED, labels=PENDING, progress=ROTATING), Case.ROTATING, []),
    ("not allowed to ask", chain(missing="lambda:InvokeFunction"), Case.HIDDEN, []),
    ("dead endpoint", chain(DEAD, **HELD), Case.BLOCKED, []),
    ("older one's endpoint", chain(ACCEPTED, replace(DEAD, of="none")), Case.FINE, []),
    ("locked", chain(replace(REFUSED, code="LockedOut")), Case.BLOCKED, []),
    ("malformed, alone", chain(MALFORMED), Case.BLOCKED, []),
    ("asks for what it may not", chain(MALFORMED, ACCEPTED), Case.BLOCKED, []),
    ("malformed, previous live", chain(MALFORMED, login("AWSPREVIOUS")), Case.OLDER_LIVE,
        [Act.MOVE_BACK]),
    ("malformed, pending live", chain(MALFORMED, login("AWSPENDING"), **HELD), Case.OLDER_LIVE,
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
    ("twice, and the target accepts it now", chain(REFUSED, login("AWSPENDING"), labels=PENDING,
        progress=GIVE_UP), Case.PENDING_LIVE, [Act.ROTATE]),
    ("twice, and nobody saw whether the target accepts it", chain(REFUSED,
        login("AWSPENDING", UNKNOWN), labels=PENDING, progress=GIVE_UP), Case.LOCKED_OUT, []),
    ("an old version once more", chain(ACCEPTED, **HELD, **AGAIN), Case.POISONED,
        [Act.GIVE_UP, Act.ROTATE]),
    ("an old version once more, live", chain(REFUSED, login("AWSPENDING"), **HELD, **AGAIN),
        Case.OLDER_LIVE, [Act.MOVE_BACK]),
    ("an old version once more, stray live", chain(REFUSED, login("stray"), **HELD, **AGAIN),
        Case.GIVEN_UP_LIVE, [Act.GIVE_UP, Act.ROTATE]),
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
    # What status says to need a person, diagnose does not call well.
    assert case.is_broken or not seen.standing.state.needs_a_person
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
        (
            chain(REFUSED, **BY_ADMIN, labels=PENDING, progress=GIVE_UP),
            True,
            [Act.GIVE_UP, Act.RESET],
        ),
        (chain(REFUSED, **BY_ADMIN, **HELD, **AGAIN), True, [Act.GIVE_UP, Act.RESET]),
        (chain(REFUSED), True, []),
        (chain(REFUSED, login("old"), **BY_ADMIN), True, [Act.MOVE_BACK]),
        (chain(ACCEPTED, **BY_ADMIN), True, []),
    ):
        plan = planned(seen, judge(seen), reset=reset)
        assert [step.act for step in plan.steps] == acts
        assert [step.reset for step in plan.steps if step.reset] == [RESET] * (Act.RESET in acts)
        assert all(RESET.subject in step.words for step in plan.steps if step.reset)
    beside = chain(REFUSED, ALL_REFUSED, **BY_ADMIN)
    assert judge(beside).do.startswith("store yours; or run `rotctl heal app --reset`: ")
    assert planned(beside, judge(beside), reset=True).first == "store yours"
    nobody = replace(FAILED, code="TargetMismatch", message="no such user; create it")
    after = chain(REFUSED, ALL_REFUSED, **BY_ADMIN, labels=PENDING, progress=nobody)
    assert judge(after).do.startswith("create it; then run `rotctl heal app --reset`: ")
    assert planned(after, judge(after), reset=True).first == "create it"
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


@example(checks=[MALFORMED, login("AWSPENDING")], labels=PENDING, enabled=True, reset=False)
@example(checks=[REFUSED, login("AWSPENDING")], labels=PENDING, enabled=True, reset=False)
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
            assert step.version != labels["AWSCURRENT"]
            ends = step.version == labels.get("AWSPENDING")
            assert ends == ("which ends the rotation to it" in step.words)
            assert not ends or seen.answer.broken(Link.VALUE)  # no attempt could end it
        if step.act is Act.GIVE_UP:
            assert step.version == labels["AWSPENDING"]
        if step.act is Act.RESET:
            assert not live_versions(seen)


def test_a_version_that_was_given_up_is_what_strategies_md_says() -> None:
    seen = chain()
    assert [each for each in STORED if is_given_up(seen, each)] == ["two", "stray", "one"]
    alone = chain(labels={"AWSCURRENT": "one"})
    assert is_given_up(alone, "old")
