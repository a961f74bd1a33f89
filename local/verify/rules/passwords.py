"""GetRandomPassword (fact 25)."""

import string

from local.verify.expect import equal, holds, refused
from local.verify.probe import Probe
from local.verify.registry import rule

TYPES = {
    "ExcludeLowercase": string.ascii_lowercase,
    "ExcludeUppercase": string.ascii_uppercase,
    "ExcludeNumbers": string.digits,
    "ExcludePunctuation": string.punctuation,
}
# In so many draws of so many characters nothing that is allowed stays away by chance.
DRAWS, MANY = 40, 4096


def _password(probe: Probe, **request: object) -> str:
    return str(probe.client.get_random_password(**request)["RandomPassword"])


def _types(password: str) -> list[str]:
    return [name for name, characters in TYPES.items() if set(password) & set(characters)]


@rule(25)
def a_password_has_32_characters_of_all_four_types(probe: Probe) -> None:
    """Without more, a password has 32 characters, and at least one of each of four types."""
    password = _password(probe)
    equal("its length", len(password), 32)
    equal("the types in it", _types(password), list(TYPES))


@rule(25)
def a_type_that_is_excluded_is_not_there(probe: Probe) -> None:
    """Each Exclude... keeps its type out, and the other three are there."""
    for name in TYPES:
        password = _password(probe, **{name: True})
        equal(f"the types with {name}", _types(password), [each for each in TYPES if each != name])


@rule(25)
def characters_that_are_excluded_are_not_there(probe: Probe) -> None:
    """ExcludeCharacters keeps each of its characters out."""
    excluded = "aB3\"@/\\'"
    password = _password(probe, PasswordLength=MANY, ExcludeCharacters=excluded)
    equal("what is there of them", set(password) & set(excluded), set())


@rule(25)
def a_space_is_there_only_if_it_is_included(probe: Probe) -> None:
    """A space is among the characters with IncludeSpace, and not without."""
    holds("a space is there", " " not in _password(probe, PasswordLength=MANY))
    holds("no space is there", " " in _password(probe, PasswordLength=MANY, IncludeSpace=True))


@rule(25)
def the_length_is_1_to_4096(probe: Probe) -> None:
    """PasswordLength is 1 to 4,096; 0 and 4,097 are ValidationException."""
    for length in (4, MANY):
        equal("the length", len(_password(probe, PasswordLength=length)), length)
    for length in (0, MANY + 1):
        with refused("ValidationException"):
            _password(probe, PasswordLength=length)


@rule(25)
def a_length_below_the_required_types_is_refused(probe: Probe) -> None:
    """A length below the number of types is InvalidParameterException, unless none is required."""
    with refused("InvalidParameterException", "Password length is too short"):
        _password(probe, PasswordLength=3)
    short = _password(probe, PasswordLength=1, RequireEachIncludedType=False)
    equal("the length where no type is required", len(short), 1)
    two = _password(probe, PasswordLength=2, ExcludePunctuation=True, ExcludeNumbers=True)
    equal("the types where two are left", _types(two), ["ExcludeLowercase", "ExcludeUppercase"])


@rule(25)
def a_required_type_without_a_character_is_refused(probe: Probe) -> None:
    """A required type that ExcludeCharacters empties is InvalidParameterException."""
    with refused("InvalidParameterException", "have been excluded"):
        _password(probe, ExcludeCharacters=string.digits)
    password = _password(probe, ExcludeCharacters=string.digits, RequireEachIncludedType=False)
    equal("digits where none is required", set(password) & set(string.digits), set())


@rule(25)
def nothing_to_choose_from_is_refused(probe: Probe) -> None:
    """With every type excluded it is InvalidParameterException."""
    with refused("InvalidParameterException", "have been excluded"):
        _password(probe, **dict.fromkeys(TYPES, True))


@rule(25)
def the_required_types_have_no_places_of_their_own(probe: Probe) -> None:
    """The first character is not always of one type, nor the last."""
    drawn = [_password(probe, PasswordLength=4) for _ in range(DRAWS)]
    for place, which in ((0, "first"), (-1, "last")):
        types = {_types(each[place])[0] for each in drawn}
        holds(f"every {which} character is of {types}", len(types) > 1)
