"""What one contender's calls came to, in one situation."""

import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field

KEPT_WORDS = 200


@dataclass(slots=True)
class Tally:
    """kinds: of the errors; seconds, longest: of the calls that ended well."""

    calls: int = 0
    errors: int = 0
    seconds: float = 0.0
    longest: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Count the other's calls too."""
        self.calls += other.calls
        self.errors += other.errors
        self.seconds += other.seconds
        self.longest = max(self.longest, other.longest)
        self.kinds += other.kinds


class Tallies:
    """Of all situations and contenders of a process; safe in threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.found: defaultdict[tuple[str, str], Tally] = defaultdict(Tally)

    def good(self, situation: str, who: str, seconds: float) -> None:
        """A call that ended well."""
        with self._lock:
            tally = self.found[situation, who]
            tally.calls += 1
            tally.seconds += seconds
            tally.longest = max(tally.longest, seconds)

    def bad(self, situation: str, who: str, error: Exception) -> None:
        """A call that raised."""
        words = " ".join([type(error).__name__, str(error), *getattr(error, "__notes__", ())])
        with self._lock:
            tally = self.found[situation, who]
            tally.calls += 1
            tally.errors += 1
            tally.kinds[" ".join(words.split())[:KEPT_WORDS]] += 1
