"""What has become of a leaked credential, part by part, in words and never a value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.errors import RotationError


def now() -> str:
    """The moment in UTC, to the second: 2026-11-30T03:12:45Z."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@dataclass(slots=True)
class Receipt:
    """Of one leaked credential; each part is noted as soon as it is known.

    ended: what was ended and when; the time is None where the rotation has ended it.
    left: what a person has to end, and how. unseen: what nobody who asked could see.
    sessions: how many were ended; None where the target has none. refusal: how the leaked
    credential was answered when it was used once more.
    """

    ended: list[Mapping[str, object]] = field(default_factory=list)
    left: list[Mapping[str, object]] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    sessions: int | None = None
    sessions_at: str | None = None
    refusal: Mapping[str, object] | None = None

    def note_ended(self, what: str, *, by_rotation: bool = False) -> None:
        """It is ended: now, or by the rotation that replaced it."""
        self.ended.append({"what": what, "at": None if by_rotation else now()})

    def note_left(self, what: str, do: str) -> None:
        """It goes on, or it may."""
        self.left.append({"what": what, "do": do})

    def note_unseen(self, what: str) -> None:
        """It could not be seen, and nothing speaks for it."""
        self.unseen.append(what)

    def note_sessions(self, ended: int) -> None:
        """So many sessions have ended, besides those that were noted before."""
        self.sessions = (self.sessions or 0) + ended
        self.sessions_at = now()

    def note_refusal(self, answer: RotationError) -> None:
        """The target refused it, as wrong."""
        self._note_answer(answer.what, "", answer.code, proven=True)

    def note_no_refusal(self, answer: RotationError) -> None:
        """What came proves nothing."""
        self._note_answer(answer.what, answer.do, answer.code, proven=False)

    def note_accepted(self, what: str, do: str) -> None:
        """It is accepted still."""
        self._note_answer(what, do, "", proven=False)

    def _note_answer(self, what: str, do: str, code: str, *, proven: bool) -> None:
        self.refusal = {"proven": proven, "code": code, "what": what, "do": do, "at": now()}

    def as_json(self) -> dict[str, object]:
        """As the function answers it; the keys stay."""
        sessions = None
        if self.sessions is not None:
            sessions = {"ended": self.sessions, "at": self.sessions_at}
        return {
            "ended": list(self.ended),
            "left": list(self.left),
            "unseen": list(self.unseen),
            "sessions": sessions,
            "refused": self.refusal,
        }
