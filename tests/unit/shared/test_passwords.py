import itertools
import math
import string
from collections import Counter
from itertools import starmap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Misconfigured
from shared.passwords import CLASSES, EXCLUDED, MIN_BITS, Included, PasswordPolicy

CHARACTERS = {
    "LOWERCASE": string.ascii_lowercase,
    "UPPERCASE": string.ascii_uppercase,
    "NUMBERS": string.digits,
    "PUNCTUATION": string.punctuation,
}
NAMES = list(CHARACTERS)


def test_each_class_is_that_of_its_two_settings() -> None:
    settings = {
        name: (f"MINIMUM_{name}", f"EXCLUDE_{name}", characters)
        for name, characters in CHARACTERS.items()
    }
    found = {(e.minimum_setting, e.exclude_setting, e.characters) for e in CLASSES}
    assert found == set(settings.values())


def policy(**environment: str) -> PasswordPolicy:
    return PasswordPolicy.from_environment(environment)


def test_the_defaults_are_aws_but_for_punctuation_that_needs_quotes() -> None:
    password = policy().generate().reveal()
    assert len(password) == 32
    assert not set(password) & set(EXCLUDED)
    assert all(set(password) & set(characters) for characters in CHARACTERS.values())
    assert set(string.punctuation) - set(EXCLUDED) == {"_", "."}


def test_the_defaults_leave_189_bits() -> None:
    assert math.floor(policy().bits()) == 189


def test_two_passwords_differ() -> None:
    assert policy().generate() != policy().generate()


def test_excluded_characters_are_those_of_the_setting_and_no_others() -> None:
    made = policy(EXCLUDE_CHARACTERS="0aA!", PASSWORD_LENGTH="4096").generate().reveal()
    assert set(string.digits + string.ascii_letters + string.punctuation) - set(made) == set("0aA!")


@pytest.mark.parametrize("name", NAMES)
def test_a_class_can_be_excluded(name: str) -> None:
    made = [policy(**{f"EXCLUDE_{name}": "true"}).generate().reveal() for _ in range(50)]
    assert not set("".join(made)) & set(CHARACTERS[name])


@st.composite
def environments(draw: st.DrawFn) -> dict[str, str]:
    """Any settings, those that make no good password among them."""
    excluded = st.text(st.sampled_from(string.printable), max_size=90)
    flags = st.sampled_from(["true", "false"])
    optional = {
        **{f"EXCLUDE_{name}": flags for name in NAMES},
        **{f"MINIMUM_{name}": st.integers(0, 40).map(str) for name in NAMES},
        "EXCLUDE_CHARACTERS": excluded,
        "REQUIRE_EACH_INCLUDED_TYPE": flags,
        "PASSWORD_LENGTH": st.integers(1, 200).map(str),
    }
    return draw(st.fixed_dictionaries({}, optional=optional))


@given(environments())
def test_every_password_keeps_to_its_settings(environment: dict[str, str]) -> None:
    try:
        made = policy(**environment)
    except Misconfigured as refused:
        assert refused.field in {"PASSWORD_LENGTH", *(f"MINIMUM_{name}" for name in NAMES)}
        return
    password = made.generate().reveal()
    assert len(password) == int(environment.get("PASSWORD_LENGTH", "32"))
    excluded = set(environment.get("EXCLUDE_CHARACTERS") or EXCLUDED)
    assert not excluded & set(password)
    each = environment.get("REQUIRE_EACH_INCLUDED_TYPE", "true") == "true"
    for name, characters in CHARACTERS.items():
        found = sum(character in characters for character in password)
        if environment.get(f"EXCLUDE_{name}") == "true":
            assert not found
            continue
        possible = bool(set(characters) - excluded)
        assert found >= int(environment.get(f"MINIMUM_{name}", str(int(each and possible))))


@given(environments())
def test_what_is_accepted_has_enough_bits(environment: dict[str, str]) -> None:
    try:
        made = policy(**environment)
    except Misconfigured:
        return
    # Never more than there are passwords, nor than if every minimum stood at a known place.
    alphabet = sum(len(characters) for characters, _ in made.classes)
    known = sum(minimum * math.log2(len(characters)) for characters, minimum in made.classes)
    free = made.length - sum(minimum for _, minimum in made.classes)
    most, least = made.length * math.log2(alphabet), known + free * math.log2(alphabet)
    assert max(MIN_BITS, least - 1e-6) <= made.bits() <= most + 1e-6


SMALL = st.lists(
    st.tuples(st.sampled_from(["a", "bc", "def"]), st.integers(0, 2)),
    min_size=1, max_size=3, unique_by=lambda each: each[0],
)  # fmt: skip


@given(SMALL, st.integers(0, 3))
def test_the_bits_are_those_of_the_likeliest_password(
    classes: list[tuple[str, int]], free: int
) -> None:
    """Counted the long way: every draw that `generate` could do, in every order."""
    length = sum(minimum for _, minimum in classes) + free
    if not 0 < length <= 5:
        return
    alphabet = "".join(characters for characters, _ in classes)
    sources = [characters for characters, minimum in classes for _ in range(minimum)]
    sources += [alphabet] * free
    draws = ["".join(draw) for draw in itertools.product(*sources)]
    ways = Counter("".join(order) for draw in draws for order in itertools.permutations(draw))
    likeliest = max(ways.values()) / (len(draws) * math.factorial(length))
    policy = PasswordPolicy(length, tuple(starmap(Included, classes)))
    assert policy.bits() == pytest.approx(-math.log2(likeliest))


def test_without_minimums_every_place_takes_any_character() -> None:
    lax = policy(PASSWORD_LENGTH="14", REQUIRE_EACH_INCLUDED_TYPE="false")
    assert lax.bits() == 14 * 6
    passwords = [lax.generate().reveal() for _ in range(2000)]
    assert any(not set(password) & set(string.digits) for password in passwords)
    for place in range(14):
        assert len({password[place] for password in passwords}) == 64


def test_a_minimum_may_stand_at_any_place() -> None:
    made = policy(MINIMUM_NUMBERS="1", PASSWORD_LENGTH="20", REQUIRE_EACH_INCLUDED_TYPE="false")
    only_digit = {
        next(place for place, character in enumerate(password) if character.isdigit())
        for password in (made.generate().reveal() for _ in range(5000))
        if sum(character.isdigit() for character in password) == 1
    }
    assert only_digit == set(range(20))


@pytest.mark.parametrize("name", NAMES)
def test_high_minimums_are_met_at_once(name: str) -> None:
    """Drawing again until they are there would not end."""
    made = policy(PASSWORD_LENGTH="120", **{f"MINIMUM_{name}": "100"})
    password = made.generate().reveal()
    assert sum(character in CHARACTERS[name] for character in password) >= 100


def test_a_minimum_of_zero_ends_the_rule_for_its_class() -> None:
    made = policy(MINIMUM_PUNCTUATION="0")
    assert any(not set(made.generate().reveal()) & set(string.punctuation) for _ in range(200))


@pytest.mark.parametrize("word", ["true", "TRUE", "1", "y", "yes", " Yes "])
def test_the_aws_functions_words_for_true(word: str) -> None:
    assert policy(EXCLUDE_NUMBERS=word) == policy(EXCLUDE_NUMBERS="true")


@pytest.mark.parametrize(
    "setting", ["PASSWORD_LENGTH", "EXCLUDE_CHARACTERS", "EXCLUDE_NUMBERS", "MINIMUM_NUMBERS"]
)
def test_an_empty_variable_is_an_unset_one(setting: str) -> None:
    assert policy(**{setting: ""}) == policy()


@pytest.mark.parametrize(
    ("environment", "field", "do"),
    [
        ({"PASSWORD_LENGTH": "canary"}, "PASSWORD_LENGTH", "correct"),
        ({"PASSWORD_LENGTH": "0"}, "PASSWORD_LENGTH", "correct"),
        ({"PASSWORD_LENGTH": "-1"}, "PASSWORD_LENGTH", "correct"),
        ({"PASSWORD_LENGTH": "99999"}, "PASSWORD_LENGTH", "correct"),
        ({"EXCLUDE_NUMBERS": "canary"}, "EXCLUDE_NUMBERS", "correct"),
        ({"REQUIRE_EACH_INCLUDED_TYPE": "2"}, "REQUIRE_EACH_INCLUDED_TYPE", "correct"),
        ({"MINIMUM_NUMBERS": "canary"}, "MINIMUM_NUMBERS", "correct"),
        ({"MINIMUM_NUMBERS": "-1"}, "MINIMUM_NUMBERS", "correct"),
        ({"PASSWORD_LENGTH": "8"}, "PASSWORD_LENGTH", "raise PASSWORD_LENGTH"),
        ({"EXCLUDE_CHARACTERS": string.printable}, "PASSWORD_LENGTH", "exclude fewer"),
        ({"MINIMUM_NUMBERS": "30"}, "PASSWORD_LENGTH", "to 33 or more"),
        ({"MINIMUM_PUNCTUATION": "29"}, "PASSWORD_LENGTH", "lower the MINIMUM_"),
        (
            {"MINIMUM_NUMBERS": "1", "EXCLUDE_NUMBERS": "true"},
            "MINIMUM_NUMBERS",
            "unset MINIMUM_NUMBERS",
        ),
        (
            {"MINIMUM_UPPERCASE": "2", "EXCLUDE_CHARACTERS": string.ascii_uppercase},
            "MINIMUM_UPPERCASE",
            "EXCLUDE_CHARACTERS",
        ),
    ],
)
def test_a_setting_that_makes_no_good_password_is_refused(
    environment: dict[str, str], field: str, do: str
) -> None:
    with pytest.raises(Misconfigured) as caught:
        policy(**environment)
    assert caught.value.field == field
    assert do in caught.value.do
    assert "canary" not in str(caught.value)


def test_a_weak_policy_says_how_weak() -> None:
    with pytest.raises(Misconfigured, match=f"44 bits .* {MIN_BITS}"):
        policy(PASSWORD_LENGTH="8")


def test_a_minimum_is_counted_by_the_size_of_its_class() -> None:
    """16 characters of 64 have 96 bits; where 13 of them are one of two, fewer are left."""
    policy(PASSWORD_LENGTH="16")
    with pytest.raises(Misconfigured, match="bits of choice"):
        policy(PASSWORD_LENGTH="16", MINIMUM_PUNCTUATION="13")
