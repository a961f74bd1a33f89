"""Which listed keys a rotation revokes; the issuer itself is real in tests/conformance."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Misconfigured, Rejected, TargetMismatch
from shared.keys.api_key import Account, ApiKey, Way
from shared.keys.contract import OwnedKey
from shared.keys.ends import Ends
from shared.keys.issued import IssuedKey
from shared.keys.leftovers import Leftovers
from shared.protocol.readers import Hold
from shared.secret import Secret
from tests.fake_ticket import ARN, FakeTicket

HERE, ELSEWHERE = Account("https://a.test", "app"), Account("https://b.test", "app")
NOW = "v3"


@dataclass
class Key:
    key_id: str
    label: str
    created: datetime | None = None
    kept: Mapping[str, object] = field(default_factory=dict)
    ends: datetime | None = None
    last_used: datetime | None = None
    shown: str = ""

    def shows(self, key: Secret, /) -> bool | None:
        return key.reveal() == self.shown if self.shown else None


class FakeManager:
    """An account whose keys are given; nothing is to be changed in it."""

    inherits = idempotent = may_reset = proves_end = False
    can_list = can_label = can_revoke = tells_use = True
    max_keys: int | None = None

    def inspect(self, listed: OwnedKey, _current: ApiKey, /) -> OwnedKey:
        return listed

    def slot_of(self, key: ApiKey, /) -> str | None:
        raise AssertionError(key)

    def key_name(self, key_id: str, /) -> str:
        return f"'{key_id}'"

    def check_ended(self, key_ids: Collection[str], /) -> None:
        assert key_ids

    def key_label(self, version_id: str) -> str:
        return f"{ARN} {version_id}"

    def is_key_label(self, label: str) -> bool:
        return re.match(r"arn:\S+ .", label) is not None

    def listed(self) -> Sequence[Key]:
        raise AssertionError("not needed")

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        raise AssertionError(current, kept)

    def set_key(self, chosen: ApiKey, *, accepted: ApiKey, kept: Mapping[str, object]) -> None:
        raise AssertionError(chosen, accepted, kept)

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
        raise AssertionError(key_id, stored)


class FakeIssuer:
    """An issuer that accepts every key but one, and binds all ids but one."""

    name: ClassVar[str] = "fake"

    def probe(self, key: ApiKey, /) -> bool:
        if key.key_id == "dead":
            raise Rejected("no", do="look")
        return key.key_id != "unbound"

    def parse(self, document: Mapping[str, object], /) -> ApiKey:
        raise AssertionError(document)

    def manage(self, key: ApiKey, ticket: object) -> FakeManager:
        raise AssertionError(key, ticket)

    def choose(self, current: ApiKey, /) -> ApiKey:
        raise AssertionError(current)

    def policies(self, key: ApiKey, /) -> None:
        raise AssertionError(key)

    def propagation(self, key: ApiKey, /) -> float:
        raise AssertionError(key)


def held(key_id: str | None, account: Account = HERE) -> ApiKey:
    return ApiKey(account, Way.ISSUED, Secret(f"of {key_id}"), "arn:admin", {}, key_id=key_id)


def key_of(key_id: str, version: str) -> Key:
    return Key(key_id, f"{ARN} {version}")


def to_revoke(listed: list[Key], ticket: FakeTicket, current: str | None = "c") -> set[str]:
    key = held(current)
    leftovers = Leftovers(FakeIssuer(), FakeManager(), ticket)
    found = leftovers.find_current(listed, key)
    return {each.key_id for each in leftovers.ending_before_next(listed, key, found, Ends())}


def test_the_previous_key_and_orphans_of_ours_are_revoked() -> None:
    listed = [
        key_of("c", "v2"),
        key_of("p", "v1"),
        key_of("lost", "v2"),
        Key("person", "by hand"),
    ]
    assert to_revoke(listed, FakeTicket(held("p"))) == {"p", "lost"}


@pytest.mark.parametrize(("stored", "ended"), [("lost", set()), ("other", {"lost"})])
def test_a_copy_that_was_not_stored_is_revoked_but_for_the_stored_keys_id(
    stored: str, ended: set[str]
) -> None:
    """JupyterHub on SQLite gives the id of a revoked key to the next one."""
    seen: set[str] = set()

    class Manager(FakeManager):
        def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
            del stored
            seen.add(key_id)

    class Issuer(FakeIssuer):
        def manage(self, key: ApiKey, ticket: object) -> FakeManager:
            del key, ticket
            return Manager()

    pending = replace(held(stored), key=Secret("the other copy's"))
    ticket = FakeTicket(current_key=held("c"), pending_key=pending)
    IssuedKey(Issuer(), Ends(), Hold()).discard(held("lost"), ticket)
    assert seen == ended


def test_a_previous_key_made_by_hand_is_revoked() -> None:
    listed = [key_of("c", "v2"), Key("p", "by hand"), Key("person", "by hand")]
    assert to_revoke(listed, FakeTicket(held("p"))) == {"p"}


def test_a_strangers_key_with_the_previous_keys_id_at_another_issuer_is_not() -> None:
    listed = [key_of("c", "v2"), Key("p", "by hand")]
    assert to_revoke(listed, FakeTicket(held("p", ELSEWHERE))) == set()


@pytest.mark.parametrize("known", [True, False])
def test_what_somebody_gave_a_label_of_their_own_is_not(known: bool) -> None:
    listed = [key_of("c", "v2"), key_of("p", "v1"), key_of("canary", "v0")]
    custom_labelled = {"v0": held("canary") if known else None}
    assert to_revoke(listed, FakeTicket(held("p"), custom_labelled_keys=custom_labelled)) == {"p"}


def test_a_first_key_made_by_hand_is_not_where_it_has_a_custom_label() -> None:
    listed = [key_of("c", "v2"), Key("p", "by hand")]
    assert to_revoke(listed, FakeTicket(held("p"), custom_labelled_keys={"v0": held("p")})) == set()


def test_without_an_id_in_the_secret_the_current_key_is_known_by_its_label() -> None:
    listed = [key_of("c", "v2"), key_of("p", "v1"), Key("person", "by hand")]
    assert to_revoke(listed, FakeTicket(), None) == {"p"}


def test_without_an_id_a_key_with_the_current_ones_label_may_be_it() -> None:
    listed = [key_of("lost", "v2"), key_of("c", "v2"), key_of("p", "v1")]
    assert to_revoke(listed, FakeTicket(), None) == {"p"}


def test_without_id_and_label_of_the_current_key_nothing_is() -> None:
    """It was stored again by hand: any of them may be the one in use."""
    listed = [key_of("c", "v1"), key_of("p", "v0")]
    assert to_revoke(listed, FakeTicket(), None) == set()


def test_after_an_edit_by_hand_the_key_before_is_found_among_the_unlabelled() -> None:
    listed = [key_of("c", "v2"), Key("first", "by hand"), Key("person", "by hand")]
    assert to_revoke(listed, FakeTicket(held("c"), [held("first")])) == {"first"}


def test_without_an_edit_no_unlabelled_version_is_read() -> None:
    ticket = FakeTicket(held("p"))
    to_revoke([key_of("c", "v2"), key_of("p", "v1"), Key("person", "by hand")], ticket)
    assert not ticket.unlabelled_was_read


def test_a_key_of_another_secret_is_not_though_this_one_names_it() -> None:
    listed = [key_of("c", "v2"), Key("p", f"arn:other-GhIjKl {NOW}")]
    assert to_revoke(listed, FakeTicket(held("p"))) == set()


def test_a_key_that_was_only_named_here_is_not() -> None:
    listed = [key_of("c", "v2"), Key("dead", "by hand")]
    assert to_revoke(listed, FakeTicket(held("dead"))) == set()


def test_a_key_whose_id_nothing_shows_to_be_its_own_is_not() -> None:
    """Its value may be of one key, and its id of a key that somebody else uses."""
    listed = [key_of("c", "v2"), Key("unbound", "by hand")]
    assert to_revoke(listed, FakeTicket(held("unbound"))) == set()


@pytest.mark.parametrize(("shown", "ended"), [("of unbound", {"unbound"}), ("another", set())])
def test_what_the_list_shows_of_a_key_tells_whether_the_id_is_its_own(
    shown: str, ended: set[str]
) -> None:
    listed = [key_of("c", "v2"), Key("unbound", "by hand", shown=shown)]
    assert to_revoke(listed, FakeTicket(held("unbound"))) == ended


def test_a_label_of_ours_tells_without_anything_else() -> None:
    listed = [key_of("c", "v2"), key_of("unbound", "v1")]
    assert to_revoke(listed, FakeTicket(held("unbound"))) == {"unbound"}


def test_with_an_id_that_is_not_listed_nothing_is() -> None:
    """It is wrong, so any of ours may be the one in use."""
    assert (
        to_revoke([key_of("p", "v1"), key_of("c", "v2")], FakeTicket(held("p")), "wrong") == set()
    )


IDS = st.sampled_from("abcdefgh")
LABELS = st.sampled_from(["by hand", "", *(f"{ARN} {v}" for v in ("v1", "v2", NOW)), f"{ARN}-x v1"])


@given(
    listed=st.lists(st.builds(Key, IDS, LABELS), unique_by=lambda key: key.key_id),
    current=IDS,
    before=st.none() | st.builds(held, IDS, st.sampled_from([HERE, ELSEWHERE])),
    unlabelled=st.lists(st.builds(held, IDS, st.sampled_from([HERE, ELSEWHERE]))),
)
def test_current_is_never_revoked_nor_what_was_never_ours(
    listed: list[Key], current: str, before: ApiKey | None, unlabelled: list[ApiKey]
) -> None:
    gone = to_revoke(listed, FakeTicket(before, unlabelled), current)
    stored = {key.key_id for key in (before, *unlabelled) if key and key.account == HERE}
    labels = {key.key_id: key.label for key in listed}
    assert current not in gone
    assert all(key_id in stored or labels[key_id].startswith(f"{ARN} ") for key_id in gone)


class Labelless(FakeManager):
    """An issuer without labels, which may have few keys at once."""

    can_label = False
    max_keys: int | None = 2

    def __init__(self, *key_ids: str) -> None:
        self.keys = [Key(key_id, "") for key_id in key_ids]
        self.ended: list[str] = []

    def key_label(self, version_id: str) -> str:
        raise AssertionError(version_id)

    def listed(self) -> Sequence[Key]:
        return self.keys

    def revoke(self, key_id: str, stored: ApiKey | None = None) -> None:
        del stored
        self.ended.append(key_id)

    def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
        del kept
        return current.with_key(Secret("new"), key_id="new")


def issue_key(manager: Labelless, before: ApiKey | None = None) -> ApiKey:
    class Issuer(FakeIssuer):
        def manage(self, key: ApiKey, ticket: object) -> FakeManager:
            del key, ticket
            return manager

    ticket = FakeTicket(before, current_key=held("c"), allow_changes=True)
    return IssuedKey(Issuer(), Ends(), Hold()).create(held("c"), ticket)


def test_without_labels_nobody_elses_key_is_taken_for_ours() -> None:
    manager = Labelless("c", "person")
    manager.max_keys = None
    assert issue_key(manager).key_id == "new"
    assert manager.ended == []


def test_where_few_keys_may_be_the_previous_one_makes_room() -> None:
    manager = Labelless("c", "p")
    assert issue_key(manager, held("p")).key_id == "new"
    assert manager.ended == ["p"]


def test_a_lost_key_in_the_way_is_named_where_the_issuer_refuses_one_more() -> None:
    """Okta's applications may have two secrets, and its list has no labels."""

    class Full(Labelless):
        def issue(self, current: ApiKey, kept: Mapping[str, object]) -> ApiKey:
            del current, kept
            raise Misconfigured("it has two", do="look")

    manager = Full("c", "lost")
    manager.max_keys = None
    with pytest.raises(Misconfigured, match=r"the issuer lists 'lost': end there what no version"):
        issue_key(manager, held("p"))


def test_a_key_in_the_way_that_no_version_holds_is_named() -> None:
    manager = Labelless("c", "p", "lost")
    with pytest.raises(TargetMismatch, match=r"allows 2 keys.*'lost'.*delete one"):
        issue_key(manager, held("p"))
    assert manager.ended == []  # nothing is changed by a rotation that cannot go on
