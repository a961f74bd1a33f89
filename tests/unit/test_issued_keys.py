"""Which live keys a rotation revokes; the issuer itself is real in tests/conformance."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.credentials import Account, ApiKey, admin_key
from shared.errors import TargetMismatch
from shared.issued_keys import _leftover
from shared.secret import Secret

HERE, ELSEWHERE = Account("https://a.test", "app"), Account("https://b.test", "app")
ARN, NOW = "arn:secret-AbCdEf", "v3"


@dataclass
class Key:
    key_id: str
    label: str
    limits: Mapping[str, object] = field(default_factory=dict)


@dataclass
class FakeTicket:
    """What the machine lends, given as it stands."""

    before: ApiKey | None = None
    unlabelled: list[ApiKey] = field(default_factory=list)
    secret_arn: str = ARN
    version_id: str = NOW
    asked_for_strays: bool = False

    def pending(self) -> ApiKey:
        raise AssertionError("not needed")

    def current(self) -> ApiKey:
        raise AssertionError("not needed")

    def promote(self) -> None:
        raise AssertionError("not needed")

    def tags(self, arn: str) -> Mapping[str, str]:
        raise AssertionError(arn)

    def previous(self) -> ApiKey | None:
        return self.before

    def strays(self) -> Iterator[ApiKey]:
        self.asked_for_strays = True
        return iter(self.unlabelled)

    def open(self, arn: str) -> Mapping[str, object]:
        raise AssertionError(arn)


def held(key_id: str, account: Account = HERE) -> ApiKey:
    return ApiKey(account, key_id, Secret("x"), "arn:admin", {})


def ours(key_id: str, version: str) -> Key:
    return Key(key_id, f"{ARN} {version}")


def revoked(live: list[Key], ticket: FakeTicket, current: str = "c") -> set[str]:
    return {key.key_id for key in _leftover(live, held(current), ticket)}


def test_the_previous_key_and_orphans_of_ours_are_revoked() -> None:
    live = [ours("c", "v2"), ours("p", "v1"), ours("lost", "v2"), Key("person", "by hand")]
    assert revoked(live, FakeTicket(held("p"))) == {"p", "lost"}


def test_a_previous_key_made_by_hand_is_revoked() -> None:
    live = [ours("c", "v2"), Key("p", "by hand"), Key("person", "by hand")]
    assert revoked(live, FakeTicket(held("p"))) == {"p"}


def test_a_strangers_key_with_the_previous_keys_id_at_another_issuer_is_not() -> None:
    live = [ours("c", "v2"), Key("p", "by hand")]
    assert revoked(live, FakeTicket(held("p", ELSEWHERE))) == set()


def test_once_this_version_has_a_key_nothing_is() -> None:
    """Another copy was here: what is live now may be of a later rotation."""
    live = [ours("c", "v2"), ours("mine", NOW), ours("later", "v4"), ours("p", "v1")]
    assert revoked(live, FakeTicket(held("p"))) == set()


def test_after_an_edit_by_hand_the_key_before_is_found_among_the_unlabelled() -> None:
    live = [ours("c", "v2"), Key("first", "by hand"), Key("person", "by hand")]
    assert revoked(live, FakeTicket(held("c"), [held("first")])) == {"first"}


def test_without_an_edit_no_unlabelled_version_is_read() -> None:
    ticket = FakeTicket(held("p"))
    revoked([ours("c", "v2"), ours("p", "v1"), Key("person", "by hand")], ticket)
    assert not ticket.asked_for_strays


IDS = st.sampled_from("abcdefgh")
LABELS = st.sampled_from(["by hand", "", *(f"{ARN} {v}" for v in ("v1", "v2", NOW)), f"{ARN}-x v1"])


@given(
    live=st.lists(st.builds(Key, IDS, LABELS), unique_by=lambda key: key.key_id),
    current=IDS,
    before=st.none() | st.builds(held, IDS, st.sampled_from([HERE, ELSEWHERE])),
    strays=st.lists(st.builds(held, IDS, st.sampled_from([HERE, ELSEWHERE]))),
)
def test_current_is_never_revoked_nor_what_was_never_ours(
    live: list[Key], current: str, before: ApiKey | None, strays: list[ApiKey]
) -> None:
    gone = revoked(live, FakeTicket(before, strays), current)
    stored = {key.key_id for key in (before, *strays) if key and key.account == HERE}
    labels = {key.key_id: key.label for key in live}
    assert current not in gone
    assert all(key_id in stored or labels[key_id].startswith(f"{ARN} ") for key_id in gone)


def test_the_admins_key_is_for_one_issuer() -> None:
    document = {"issuer_url": "https://a.test/", "api_key": "admin"}
    assert admin_key(document, HERE).reveal() == "admin"
    with pytest.raises(TargetMismatch, match="issuer_url"):
        admin_key(document, ELSEWHERE)
