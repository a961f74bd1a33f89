"""What a rotation that failed has done to the credential in use, as far as its step tells."""

from collections.abc import Mapping
from types import MappingProxyType

from rotctl.aws.logs import StepLine
from rotctl.state.attempt import REFUSED, STEPS

_NOT_SEEN = "not known: nothing was seen of the step that failed"
_REPLACED = (
    "setSecret has replaced it, unless an overlap lets it live on: "
    "clients may be refused until the rotation has ended"
)
# By the strategy, then by the step that failed; with no step it is the same for each.
_AFTER: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("single_user", STEPS[0]): "not touched: createSecret changes nothing in a database",
        ("single_user", STEPS[1]): "not known: setSecret may have replaced it before it failed",
        ("single_user", STEPS[2]): _REPLACED,
        ("single_user", STEPS[3]): _REPLACED,
        ("alternating_users", ""): "not touched: a rotation changes the other user only",
        ("api_key", ""): "not known: that depends on the issuer; docs/operating.md, 'An API key'",
    }
)


def after_failure(failed: StepLine | None) -> str:
    """In words; `failed` is the step's line, None where there is none."""
    if failed is None:
        return _NOT_SEEN
    if failed.code in REFUSED:
        return "it goes on working: the target has not taken the new one"
    known = _AFTER.get((failed.strategy, failed.step)) or _AFTER.get((failed.strategy, ""))
    return known or _NOT_SEEN
