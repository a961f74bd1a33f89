"""What occurred in a service, as a program or a test reads it and waits for it."""

from collections.abc import Callable

from local.secrets_manager.journal import (
    Call,
    Journal,
    Occurrence,
    RotationOutcome,
    ServiceEvent,
    Step,
)


class Observed:
    """The journal's calls, steps, events and outcomes, and when a rotation has ended."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def journal(self) -> tuple[Occurrence, ...]:
        """Everything that occurred, in order."""
        return self._journal.all()

    @property
    def events(self) -> tuple[ServiceEvent, ...]:
        """The service events of fact 24."""
        return self._journal.of(ServiceEvent)

    @property
    def calls(self) -> tuple[Call, ...]:
        """The API requests that were answered."""
        return self._journal.of(Call)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that ended."""
        steps = self._journal.of(Step)
        return tuple(step for step in steps if step.outcome != "running")

    def outcomes(self, secret_id: str) -> tuple[RotationOutcome, ...]:
        """The rotations and tests of the secret (name or ARN) that ended, oldest first."""
        if _is_arn(secret_id):
            return self._journal.of_secret(RotationOutcome, secret_id)
        ended = self._journal.of(RotationOutcome)
        return tuple(item for item in ended if item.secret_name == secret_id)

    def subscribe(self, callback: Callable[[Occurrence], None]) -> Callable[[], None]:
        """Call back for everything from now on, in the thread it occurs in; returns the way out.

        The callback may call the service; what it raises is logged.
        """
        return self._journal.subscribe(callback)

    def wait_for(self, condition: Callable[[], bool], timeout: float = 30) -> None:
        """Wait until the condition on this service's journal holds; raise TimeoutError."""
        if not self._journal.wait_for(condition, timeout):
            raise TimeoutError(f"not so within {timeout} s; the last: {self.journal[-3:]}")

    def wait_for_rotation(
        self, secret_id: str, timeout: float = 30, *, beyond: int = 0
    ) -> RotationOutcome:
        """The outcome of the secret's last rotation or test, when none is on its way.

        A name is that of every secret that has it, or had it: in another region, or deleted by now.
        beyond: how many outcomes are known already, to wait for one more than these.
        Raises TimeoutError.
        """

        def ended() -> bool:
            begun = [
                event
                for event in self._events_of(secret_id)
                if event.name in ("RotationStarted", "TestRotationStarted")
            ]
            return beyond < len(self.outcomes(secret_id)) >= len(begun)

        self.wait_for(ended, timeout)
        return self.outcomes(secret_id)[-1]

    def _events_of(self, secret_id: str) -> tuple[ServiceEvent, ...]:
        if _is_arn(secret_id):
            return self._journal.of_secret(ServiceEvent, secret_id)
        named = f":secret:{secret_id}"  # and seven characters more
        return tuple(event for event in self.events if event.secret_arn[:-7].endswith(named))


def _is_arn(secret_id: str) -> bool:
    return ":" in secret_id  # which no name has
