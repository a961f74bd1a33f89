"""SingleUserWithOverlap: a single user whose old password may live on beside the new one."""

import logging
from typing import ClassVar

from shared.credentials import Login
from shared.errors import Forbidden
from shared.protocol.contract import OverlapSession, Ticket
from shared.strategies.single_user import SingleUser

LOG = logging.getLogger(f"rotation.{__name__}")


class SingleUserWithOverlap(SingleUser[OverlapSession]):
    """With PASSWORD_OVERLAP no client is refused: AWSCURRENT works until the next rotation."""

    two_passwords: ClassVar[bool] = True

    def set_password(
        self, session: OverlapSession, pending: Login, accepted: Login, by: OverlapSession | None
    ) -> None:
        """Beside the accepted one, where that is asked for and allowed."""
        if self.options.overlap:
            if (
                accepted.password == pending.password
            ):  # added before, which is at once or not at all
                return
            try:
                session.add_password(pending.password, by=by)
            except Forbidden as forbidden:
                LOG.warning("PASSWORD_OVERLAP is not kept, AWSCURRENT ends now: %s", forbidden)
            else:
                return
        super().set_password(session, pending, accepted, by)

    def end_old_credential(self, ticket: Ticket[Login], /) -> None:
        """End the old password, where it has lived beside the new one for long enough."""
        if not (self.options.overlap and self.options.ends_on_finish):
            return
        pending = ticket.pending()
        with self.engine.connect(pending) as session, self.setter(pending, ticket) as by:
            try:
                session.end_other_passwords(pending.password, by=by)
            except Forbidden as forbidden:
                LOG.warning("OLD_PASSWORD_ENDS=on-finish is not kept: %s", forbidden)
