"""Waiting for a new key to be accepted, where an issuer takes a while to know it everywhere."""

import time
from functools import partial

from shared.errors import NEXT_ATTEMPT, Rejected, Unreachable
from shared.keys.api_key import ApiKey
from shared.keys.contract import KeyIssuer
from shared.patience import retried

# Of one step: the service attempts it again, and a function that waits is paid for.
LONGEST_WAIT = 30.0  # seconds


def probe(issuer: KeyIssuer, key: ApiKey, *, age: float = 0.0) -> None:
    """Use the key, and again for as long as the issuer may need and a step should wait.

    age: the seconds for which the issuer has had the key at least.
    Raises Rejected where the issuer had all the time that it may need; Unreachable, which is
    retryable, where it had not.
    """
    seconds, began = issuer.propagation(key), time.monotonic()
    within = min(seconds, LONGEST_WAIT)
    try:
        retried(partial(issuer.probe, key), on=Rejected, within=within)
    except Rejected as rejected:
        refusal = rejected
    else:
        return
    if age + time.monotonic() - began >= seconds:
        raise refusal
    raise Unreachable(
        f"{refusal.what}, which may take {seconds:.0f} s to know a new one",
        do=f"{NEXT_ATTEMPT}; if it stays, {refusal.do}",
        field=refusal.field,
    )
