"""When the credential before this one ends: the words of finishSecret's log line.

A backend says one of these, or nothing where this process has not seen enough to tell.
"""

REPLACED_AT_CREATE = "it was replaced at createSecret"
REPLACED_AT_SET = "it was replaced at setSecret"
REPLACED_AT_FINISH = "it was replaced at finishSecret"
ENDED = "it was ended at finishSecret"
AT_NEXT_CREATE = "it ends at the next rotation's createSecret"
AT_NEXT_SET = "it ends at the next rotation's setSecret"
AT_NEXT_FINISH = "it ends at the next rotation's finishSecret"
AT_LATER_FINISH = "it ends at the finishSecret of a later rotation"
EXPIRES = "it is not revoked, and ends when it expires"


def at_later_create(after: str) -> str:
    """For one that stays until its successor has reached this age, such as `7d`."""
    return f"it ends at the createSecret of a rotation, once the new one is {after} old"
