"""Which keys that are about to end are used still, where the issuer tells when each last was."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from shared.errors import Misconfigured
from shared.keys.contract import KeyManager
from shared.keys.leftovers import Ending
from shared.protocol.contract import Ticket
from shared.protocol.readers import Readers

# After a key was stored clients use the one before, until they read the secret again.
SETTLING = timedelta(hours=2)
# A key that was not used for so long is idle; some issuers note a use hours later.
IDLE = timedelta(days=1)


def readers_of(
    manager: KeyManager, ending: Sequence[Ending], ticket: Ticket[object], *, lately: bool = False
) -> Readers:
    """Those that were used though the next key had replaced them; lately: and are not idle by now.

    So one of a rotation that was given up is not: only that has tried it, and this one replaces it.
    Raises Misconfigured where the issuer's list does not tell.
    """
    if ending and not manager.tells_use:
        raise Misconfigured(
            "the issuer's list does not tell when keys were last used, or not as a time",
            do="let the description's list read 'last_used', where the issuer has it: in ISO 8601, "
            "or in seconds or milliseconds since 1970",
            field="issuer",
        )
    idle = datetime.now(UTC) - IDLE

    def is_used(key: Ending) -> bool:
        since = (key.replaced or ticket.current_created) + SETTLING
        if lately:
            since = max(since, idle)
        return key.last_used is not None and key.last_used > since

    used = [each for each in ending if is_used(each)]
    return Readers([_told(manager, each) for each in used], "it is revoked as the next is issued")


def _told(manager: KeyManager, used: Ending) -> str:
    moment = used.last_used.isoformat(timespec="seconds") if used.last_used else "no time"
    return f"key {manager.key_name(used.key_id)}, last used at {moment}"
