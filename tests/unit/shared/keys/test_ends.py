"""When a key ends that a rotation has replaced: by the function's word, or the secret's."""

from datetime import timedelta

import pytest

from shared.asked.grants import Grants
from shared.errors import MalformedSecret, Misconfigured
from shared.keys.ends import Ends

ORDER = ["on-finish", "next-rotation", "after:30m", "after:1h", "after:1d", "after:7d"]


def ends(asked: object, own: str = "") -> Ends:
    grants = Grants({"OLD_KEY_ENDS": own}, {"OLD_KEY_ENDS": "text"}, Ends.granted)
    return grants.granted({"rotation": {"old_key_ends": asked}})


@pytest.mark.parametrize("own", ["", *ORDER])
@pytest.mark.parametrize("asked", ORDER)
def test_a_secret_may_have_a_key_end_no_later_than_the_function_says(own: str, asked: str) -> None:
    if own and ORDER.index(asked) > ORDER.index(own):
        with pytest.raises(MalformedSecret, match="is later than OLD_KEY_ENDS") as caught:
            ends(asked, own)
        assert caught.value.field == "rotation.old_key_ends"
        return
    granted = ends(asked, own)
    assert granted.on_finish == (asked == "on-finish")
    assert (granted.after > timedelta()) == asked.startswith("after:")
    assert granted.asked


@pytest.mark.parametrize("own", ["", *ORDER])
def test_a_secret_that_asks_for_nothing_has_the_functions(own: str) -> None:
    assert ends(None, own) == Ends(own == "on-finish", ends(own or "next-rotation").after)


@pytest.mark.parametrize("asked", ["after:0d", "hunter2", " after:7d x", 7, True, ""])
def test_what_is_no_end_is_refused_with_its_place(asked: object) -> None:
    with pytest.raises(MalformedSecret) as caught:
        ends(asked)
    assert caught.value.field == "rotation.old_key_ends"
    assert "hunter2" not in str(caught.value)


def test_what_cannot_be_is_told_of_who_asked_for_it() -> None:
    for refuse in (Ends.refuse_after, lambda each: each.require_known_dates(None)):
        with pytest.raises(MalformedSecret) as secrets:
            refuse(ends("after:7d"))
        assert secrets.value.field == "rotation.old_key_ends"
        with pytest.raises(Misconfigured) as functions:
            refuse(ends(None, "after:7d"))
        assert functions.value.field == "OLD_KEY_ENDS"


@pytest.mark.parametrize("age", ["30m", "90m", "24h", "36h", "7d"])
def test_the_line_of_finishsecret_says_how_old_the_successor_must_be(age: str) -> None:
    said = ends(None, f"after:{age}").expiry
    assert f"once the new one is {'1d' if age == '24h' else age} old" in said
    assert ends(None).expiry == "it ends at the next rotation's createSecret"
