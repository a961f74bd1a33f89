"""Time that goes on where the package would wait, and where a test says."""

import pytest
from rotating.verdicts import Verdicts


class Clock:
    """In place of the module `time`, where the package uses it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def rule(self, patch: pytest.MonkeyPatch) -> None:
        """Have the package go by it, as long as the patch lasts."""
        for module in ("attempt", "cache", "label", "looks", "verdicts"):
            patch.setattr(f"rotating.{module}.time", self)

        def wait(verdicts: Verdicts, news: int, seconds: float) -> None:
            self.now += seconds if verdicts.news == news else 0

        patch.setattr(Verdicts, "wait", wait)
