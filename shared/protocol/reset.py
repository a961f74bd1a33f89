"""A reset: the admin's keeper lets one rotation go on although no stored credential is accepted.

The word is a tag on the admin's secret. Who may write the rotated secret cannot give it, nor use
it for another rotation, another secret, or another user than the keeper saw (ADR 25).
"""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from shared.errors import RotationError

_DIGITS = 16


class Reset(NamedTuple):
    """What may be reset: `subject` is the user or the key's owner, as messages name it.

    admin: the ARN of the admin's secret.
    """

    admin: str
    subject: str

    def tag(self, secret_arn: str) -> str:
        """The tag's key, one for each secret of the same admin."""
        return f"rotation:reset:{_digest(secret_arn)}"

    def word(self, version_id: str) -> str:
        """The tag's value for the rotation to this version."""
        return f"{version_id}:{self.proof}"

    def is_allowed(self, may: Callable[["Reset"], bool], refusal: RotationError) -> bool:
        """Whether the admin's keeper allows it; may: the Ticket's `may_reset`.

        Where that cannot be seen it is not, and the refusal, which a reset would end, tells why.
        """
        try:
            return may(self)
        except RotationError as unseen:
            refusal.then(f"for a reset by the admin: {unseen.do} ({unseen.what})")
            return False

    @property
    def proof(self) -> str:
        """What the word says of the subject: a secret that names another user has another."""
        return _digest(self.subject)

    def as_json(self, secret_arn: str) -> dict[str, str]:
        """What an operator needs to give the word."""
        return {
            "admin": self.admin,
            "subject": self.subject,
            "tag": self.tag(secret_arn),
            "proof": self.proof,
        }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
