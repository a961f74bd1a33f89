"""Waiting for a new key to be accepted, where an issuer takes a while to know it everywhere."""

from shared.deadline import time_left
from shared.errors import NEXT_ATTEMPT, Rejected, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.patience import tries


def probe(issuer: KeyIssuer, key: ApiKey) -> None:
    """Use the key, and again for as long as the issuer may need and the step has.

    Raises Rejected where the issuer had all the time that it may need; Unreachable, which is
    retryable, where the step ended before that.
    """
    seconds = issuer.propagation(key)
    within = min(seconds, time_left())
    for _ in tries(within):
        try:
            issuer.probe(key)
        except Rejected as rejected:
            refusal = rejected
        else:
            return
    if within == seconds:
        raise refusal
    raise Unreachable(
        f"{refusal.what}, but may take {seconds:.0f} s to know it",
        do=f"{NEXT_ATTEMPT}; if it stays, {refusal.do}",
        field=refusal.field,
    )
