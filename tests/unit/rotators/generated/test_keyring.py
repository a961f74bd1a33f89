"""Keyrings: whoever has read the secret, a while ago or just now, verifies what others sign."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rotators.generated.backend import GeneratedValues
from rotators.generated.forms.form import Form, Moment
from rotators.generated.testing.clients import sign, verifies
from shared.errors import MalformedSecret

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ROTATIONS = st.lists(
    # Hours until createSecret, until AWSCURRENT moves, and whether the service tells of its end.
    st.tuples(st.integers(1, 60), st.integers(0, 30), st.booleans()),
    min_size=3,
    max_size=9,
)


class Version(NamedTuple):
    """What AWSCURRENT is from `since` on."""

    since: datetime
    held: Any


def form_of(kind: str = "hex", **keyring: object) -> Form:
    rules = {"ring": {"kind": kind, "keyring": keyring}}
    document = {"ring": None, "rotation": {"generate": rules}}
    return GeneratedValues({}).parse(document).forms["ring"]


def rotated(form: Form, rotations: list[tuple[int, int, bool]]) -> list[Version]:
    """The versions of a secret that was rotated so; a label that a person moves tells no date."""
    time, last = START, None
    versions: list[Version] = []
    for pause, takes, is_told in rotations:
        time += pause * HOUR
        held = form.renew(versions[-1].held if versions else None, Moment(time, last))
        assert form.flaw(held) == ""
        time += takes * HOUR
        versions.append(Version(time, held))
        last = time if is_told else last
    return versions


def read(versions: list[Version], at: datetime) -> Any:  # noqa: ANN401 - any JSON
    return [each.held for each in versions if each.since <= at][-1]


def tries(versions: list[Version]) -> list[datetime]:
    """Just before and just at each change, when something could be unknown."""
    moments = [each.since + offset for each in versions for offset in (-HOUR / 60, timedelta())]
    return [each for each in moments if each >= versions[0].since]


@given(rotations=ROTATIONS, keep=st.integers(1, 3))
def test_no_verifier_rejects_what_a_signer_signs_within_one_rotation_or_as_many_as_it_keeps(
    rotations: list[tuple[int, int, bool]], keep: int
) -> None:
    versions = rotated(form_of(keep=keep), rotations)
    for number, signer in enumerate(versions):
        (token, *_) = sign(signer.held)
        for verifier in versions[max(0, number - 1) : number + keep + 1]:
            assert verifies(verifier.held, token)


@given(rotations=ROTATIONS, delay=st.integers(1, 90), keep=st.integers(1, 90))
def test_no_verifier_rejects_what_a_signer_signs_as_long_as_both_read_within_the_times(
    rotations: list[tuple[int, int, bool]], delay: int, keep: int
) -> None:
    versions = rotated(form_of(keep=f"{keep}h", usage_delay=f"{delay}h"), rotations)
    for signs in tries(versions):
        (token, *_) = sign(read(versions, signs))
        for reads in tries(versions):
            if signs - delay * HOUR <= reads <= signs + keep * HOUR:
                assert verifies(read(versions, reads), token)


def test_each_rotation_signs_with_a_key_that_is_known_and_drops_what_is_older() -> None:
    versions = rotated(form_of(keep=1), [(1, 0, True)] * 4)
    for before, after in pairwise(each.held for each in versions):
        assert after["active"] == before["next"]
        assert [key["kid"] for key in after["accepted"]] == [
            after["next"]["kid"],
            after["active"]["kid"],
            before["active"]["kid"],
        ]


def test_without_a_delay_a_new_key_signs_at_once() -> None:
    first, second = rotated(form_of(keep=0, usage_delay="none"), [(1, 0, True)] * 2)
    assert first.held["active"]["kid"] != second.held["active"]["kid"]
    assert second.held["accepted"] == [second.held["active"]]
    assert "next" not in second.held


def test_a_rotation_that_comes_too_soon_keeps_the_keys_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    form = form_of(usage_delay="5h")
    versions = rotated(form, [(1, 0, True), (4, 0, True), (1, 0, True)])
    kids = [each.held["active"]["kid"] for each in versions]
    assert kids[0] == kids[1] != kids[2]
    assert versions[1].held["accepted"] == versions[0].held["accepted"]
    assert "has been published for less than usage_delay" in caplog.text


def test_a_time_that_nobody_knows_begins_with_the_rotation_that_looks() -> None:
    form = form_of(usage_delay="5h")
    versions = rotated(form, [(1, 0, False), (50, 0, True), (5, 0, True)])
    kids = [each.held["active"]["kid"] for each in versions]
    assert kids[0] == kids[1] != kids[2]


def test_the_private_half_of_a_pair_goes_as_it_signs_no_longer() -> None:
    versions = rotated(form_of("ed25519", keep=3), [(1, 0, True)] * 3)
    held = versions[-1].held
    assert len(held["accepted"]) == 4
    assert str(held).count("PRIVATE KEY-----\\n") == 4  # two keys, each with its begin and end
    assert not [key for key in held["accepted"] if "private_key" in key]


LEAKS = [
    ("hex", {"keep": 2}),
    ("ed25519", {"keep": 2}),
    ("hex", {"keep": 2, "usage_delay": "none"}),
]


@pytest.mark.parametrize(("kind", "keyring"), LEAKS)
def test_nothing_that_a_leaked_version_can_sign_is_accepted_once_it_is_taken_out(
    kind: str, keyring: Mapping[str, object]
) -> None:
    form = form_of(kind, **keyring)
    _, leaked, current = (each.held for each in rotated(form, [(1, 0, True)] * 3))
    assert form.remains(leaked, current)
    cleared: Any = form.without(leaked, current, Moment(START + 9 * HOUR, None))
    assert form.flaw(cleared) == ""
    assert not form.remains(leaked, cleared)
    assert not [token for token in sign(leaked) if verifies(cleared, token)]
    if kind == "hex":  # who has read it can sign with all of them
        kids = ({key["kid"] for key in each["accepted"]} for each in (leaked, cleared))
        assert not set.intersection(*kids)
    coming = current.get("next")
    if coming is not None:  # verifiers know it already
        assert cleared["active"] == coming


def a_ring(kind: str = "hex") -> Any:  # noqa: ANN401 - any JSON
    return rotated(form_of(kind), [(1, 0, True)])[0].held


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("a value that clients use", "is no keyring"),
        ({"active": {}}, "is no keyring"),
        ([], "is no keyring"),
        ({**a_ring(), "changed": "yesterday"}, "is no keyring"),
        ({**a_ring(), "changed": "0001-01-01T00:00:00+14:00"}, "is no keyring"),
        ({**a_ring(), "accepted": []}, "is no keyring"),
        ({**a_ring(), "next": {"kid": "unknown", "key": "x"}}, "is no keyring"),
        ({**a_ring(), "next": a_ring()["active"]}, "is no keyring"),
        (a_ring("ed25519"), "has a key that is no hex"),
    ],
)
def test_what_is_no_keyring_of_this_kind_is_neither_replaced_nor_proved(
    broken: object, told: str
) -> None:
    form = form_of()
    with pytest.raises(MalformedSecret, match=re.escape(told)) as caught:
        form.renew(broken, Moment(START, None))
    assert caught.value.field == "ring"
    assert told in form.flaw(broken)


def test_a_set_that_does_not_accept_what_is_signed_is_told() -> None:
    ring = a_ring()
    strangers = [{**key, "key": "00" * 32} for key in ring["accepted"]]
    assert "does not accept" in form_of().flaw({**ring, "accepted": strangers})
    pairs, others = a_ring("ed25519"), a_ring("ed25519")
    swapped = [{**key, "x": others["accepted"][0]["x"]} for key in pairs["accepted"]]
    assert "does not accept" in form_of("ed25519").flaw({**pairs, "accepted": swapped})


@pytest.mark.parametrize("key", ["", "a", "aA1_", "aA1_" * 5])
def test_a_text_that_is_too_weak_to_go_on_with_is_told(key: str) -> None:
    ring = a_ring("text")
    weak = {**ring["active"], "key": key}
    accepted = [weak if each["kid"] == weak["kid"] else each for each in ring["accepted"]]
    broken = {**ring, "active": weak, "accepted": accepted}
    assert "fewer than 128 bits" in form_of("text").flaw(broken)


def test_a_text_that_is_as_long_as_its_rule_says_goes_on_by_other_password_rules() -> None:
    ring = a_ring("text")
    rules = {"ring": {"kind": "text", "keyring": True}}
    document = {"ring": ring, "rotation": {"generate": rules}}
    other = {"PASSWORD_LENGTH": "64", "EXCLUDE_CHARACTERS": "abcdef", "MINIMUM_NUMBERS": "9"}
    form = GeneratedValues(other).parse(document).forms["ring"]
    assert form.flaw(ring) == ""
    assert form.flaw(form.renew(ring, Moment(START + HOUR, START))) == ""
