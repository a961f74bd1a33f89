"""Who is logged in with an older password, as the server shows it to a session that is open."""

from collections.abc import Sequence
from datetime import UTC, datetime

from shared.credentials import Login
from shared.errors import Forbidden
from shared.protocol.contract import Ticket
from shared.protocol.readers import VARIABLE, Readers
from shared.strategies.contract import OverlapSession, SeeingSession, Session

# The clock of the service that dated the password in use, and a server's whole seconds.
MARGIN_SECONDS = 2.0

_AT_ITS_TURN = (
    "open sessions go on, and the next login is refused, once a rotation has given that user its "
    "next password"
)
_IF_WITH_THE_OLDER = (
    "it has been logged in since before the password in use was stored, so with an older one, "
    "which the server may take still: open sessions go on, and a login with that is refused, once "
    "a rotation has set the next one"
)


def readers_of_twin(session: Session, twin: str) -> Readers:
    """Whoever is logged in as the user that AWSCURRENT does not name; raises Forbidden."""
    return Readers(_seeing(session).sessions_of(twin), _AT_ITS_TURN)


def readers_of_older(session: OverlapSession, user: Login, ticket: Ticket[Login]) -> Readers:
    """Sessions of a user with two passwords that are older than the current one of these.

    Who logged in since, with either, cannot be told apart. Of nobody where no older password is
    stored, or the server shows that it takes one only, which is asked only where there is such a
    session. Raises Forbidden.
    """
    found = _logged_in_before(ticket.current_created, session, user)
    if found:
        since = _first_stored(user, ticket)
        if since is None or not session.may_have_two():
            found = ()
        elif since < ticket.current_created:
            found = _logged_in_before(since, session, user)
    return Readers(found, _IF_WITH_THE_OLDER)


def _logged_in_before(moment: datetime, session: Session, user: Login) -> Sequence[str]:
    age = max((datetime.now(UTC) - moment).total_seconds(), 0.0)
    return _seeing(session).sessions_of(user.username, lasting=age + MARGIN_SECONDS)


def _seeing(session: Session) -> SeeingSession:
    if not isinstance(session, SeeingSession):
        raise Forbidden(
            "this kind of server shows nobody who is logged in",
            do=f"take {VARIABLE} off this function",
            field=VARIABLE,
        )
    return session


def _first_stored(user: Login, ticket: Ticket[Login]) -> datetime | None:
    """When the current password was: a person may have stored it again, beside another field.

    None where no version before it has another password. AWSPREVIOUS tells, as a rule.
    """
    current, since = ticket.current().password, ticket.current_created
    for login, created in ticket.before():
        if login.target == user.target and login.password == current:
            since = min(since, created)
        elif login.target == user.target and created < since:
            return since
    return None
