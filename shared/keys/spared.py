"""Why keys of a secret do not end yet: for who has no room for another one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.keys.contract import OwnedKey
from shared.keys.ends import VARIABLE, Ends
from shared.keys.leftovers import Leftovers


@dataclass(frozen=True, slots=True)
class Spared:
    """Why a key does not end yet, and what to do about it; both as clauses."""

    why: str
    do: str


def spared_of(
    leftovers: Leftovers, listed: Sequence[OwnedKey], current: OwnedKey | None, ends: Ends
) -> Mapping[str, Spared]:
    """Those of this secret that a rotation leaves, by id; current: the one in use, as listed."""
    found: dict[str, Spared] = {}
    for key in listed:
        if leftovers.holds_custom_label(key.key_id, key.label):
            found[key.key_id] = Spared(
                "which a version with a custom staging label holds",
                "take the custom label off that version once nobody needs it",
            )
        elif current is not None and key is not current and leftovers.is_of_this_secret(key):
            successor = leftovers.successor_created(key, current, listed)
            if successor is not None and not ends.due(successor):
                until = (successor + ends.after).isoformat(timespec="seconds")
                found[key.key_id] = Spared(
                    f"which {VARIABLE} keeps until {until}",
                    f"wait until then, or let {VARIABLE} be earlier",
                )
    return found
