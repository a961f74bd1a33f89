"""A part of a key that an issuer shows is of that key, of another one, or says nothing."""

import pytest

from rotators.http_api_key.account.shown import has_ends, is_of
from shared.secret import Secret


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        ("6789", True),
        ("x789", False),
        ("789", None),
        ("", None),
        (None, None),
        (6789, None),
        ("sk-ab****6789", True),
        ("sk-ab…6789", True),
        ("sk-ab•••6789", True),
        ("sk-ab...6789", True),
        ("sk-abxxxx6789", True),
        ("sk-abXXX6789", True),
        ("sk-ab****6780", False),
        ("sk-ac****6789", False),
        ("sk-a***", True),
        ("s***89", None),
        ("****", None),
        ("sk-abcdef0123xx456789", True),
        ("xx456789", True),
        ("sk-abcdef0123xx456789-and-more", False),
    ],
)
def test_a_part_of_a_key_is_of_it_or_not(shown: object, verdict: object) -> None:
    assert is_of(shown, Secret("sk-abcdef0123xx456789")) is verdict


@pytest.mark.parametrize("key", ["one", "k", "****"])
def test_the_whole_key_is_of_it_however_short(key: str) -> None:
    assert is_of(key, Secret(key)) is True


def test_a_mask_is_no_part_of_two_overlapping_ends() -> None:
    assert is_of("abcd****cdef", Secret("abcdef")) is False


@pytest.mark.parametrize(
    ("begin", "end", "verdict"),
    [("a", "c", True), ("abc", "", True), ("", "", True), ("ab", "bc", False), ("b", "", False)],
)
def test_a_keys_two_ends(begin: str, end: str, *, verdict: bool) -> None:
    assert has_ends(Secret("abc"), begin, end) is verdict
