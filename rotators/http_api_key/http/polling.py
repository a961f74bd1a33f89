"""Asking again for an answer that takes the issuer a while, as after a 202."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from rotators.http_api_key.description.pages import Poll
from rotators.http_api_key.http.answers import INVALID, SUCCESS, Reply
from rotators.http_api_key.http.calls import Call
from rotators.http_api_key.http.urls import joined, origin
from shared.deadline import time_left
from shared.errors import NEXT_ATTEMPT, ErrorRow, Misconfigured, Throttled, Unreachable
from shared.patience import tries

MAX_SECONDS = 20
# Where the answer is to be, there may be none yet.
_NOT_YET = (404, 408, 425, 429)


@dataclass(frozen=True, slots=True)
class Polling:
    """What follows on the first answer, `reply`, to a call."""

    poll: Poll
    call: Call
    reply: Reply

    def last(self, ask: Callable[[Call], Reply]) -> Reply:
        """The answer to be read, of which `until` holds, or the issuer's refusal.

        Raises Unreachable where it is not there in time, and Misconfigured for an address at
        another origin: it gets the same credentials.
        """
        found = self.reply.find(self.poll.url)
        if not isinstance(found, str) or not found:
            if self._is_done(self.reply):  # at once, so that there is nothing to wait for
                return self.reply
            raise self.reply.finds_nothing(self.poll.url)
        url = joined(self.call.url, found)
        if origin(url) is None or origin(url) != origin(self.call.url):
            raise self._elsewhere()
        headers = {n: v for n, v in self.call.headers.items() if n.lower() != "content-type"}
        following = replace(self.call, method="GET", url=url, headers=headers, body=None)
        for _ in tries(min(MAX_SECONDS, time_left())):
            try:
                reply = _done_where_it_succeeds(ask(following))
            except (Unreachable, Throttled):
                continue
            if self._is_done(reply):
                return reply
            if reply.outcome not in ("done", "later") and not _may_come(reply.answer.status):
                return reply
        raise self._not_in_time()

    def _is_done(self, reply: Reply) -> bool:
        return (
            reply.outcome == "done"
            and reply.document is not INVALID
            and self.poll.until.holds(reply.document)
        )

    def _elsewhere(self) -> Exception:
        clause = f"{self.poll.url} leads to another origin, which gets no key"
        do = "correct it to an address at the issuer itself"
        row = ErrorRow(Misconfigured, clause, do, self.poll.url.place)
        return self.reply.errors.row(row, self.reply.code)

    def _not_in_time(self) -> Exception:
        clause = f"{self.poll.until} did not become true in time"
        row = ErrorRow(Unreachable, clause, NEXT_ATTEMPT)
        return self.reply.errors.row(row, self.reply.code)


def _done_where_it_succeeds(reply: Reply) -> Reply:
    """The reply as `done` for any 2xx: what the description calls so is the first answer."""
    if reply.outcome is None and reply.answer.status in SUCCESS:
        return replace(reply, outcome="done")
    return reply


def _may_come(status: int) -> bool:
    return status in _NOT_YET or status >= 500  # noqa: PLR2004 - a server's own errors
