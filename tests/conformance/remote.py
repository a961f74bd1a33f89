"""What every backend must do whose target is at the other end of a connection."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local import template
from local.kinds import kinds
from local.servers.certificates import Authority
from local.targets import RemoteTarget, UnheardError
from shared.errors import RotationError, Unreachable, Untrusted
from shared.handler import Handler
from shared.protocol.event import Step
from tests.conformance.suite import RotationSuite
from tests.fake_servers import fake_server, silent
from tests.faults.leaks import forms
from tests.lab import Document, Event, LabSecret

CLOSED = 1  # a port where nothing listens


def shorten_waits(monkeypatch: pytest.MonkeyPatch, seconds: int = 2) -> None:
    """To what libpq takes for the shortest; a wait that ends for another reason stays."""
    for kind in kinds().values():
        for name in kind.waits:
            monkeypatch.setattr(name, seconds)


class RemoteSuite(RotationSuite):
    """As RotationSuite; `move` is for a secret that names its target otherwise than by `port`."""

    @pytest.fixture
    def target(self) -> RemoteTarget:
        raise NotImplementedError("a subclass gives the target")

    def move(self, secret: LabSecret, port: int) -> None:
        """Let the secret name another port of this machine."""
        secret.store({**secret.value(), "host": "127.0.0.1", "port": port})

    # --- another one answers, or nobody ---

    def test_a_target_that_does_not_answer_is_not_a_refusal(self, secret: LabSecret) -> None:
        here = secret.value()
        self.move(secret, CLOSED)
        event = secret.begin()
        error = self.failure(secret, event)
        assert isinstance(error, Unreachable)
        assert error.retryable
        told = secret.diagnose()
        assert [each[:2] for each in told.bad if each[0] != "value"] == [("endpoint", "broken")]
        assert secret.target.accepts(here)
        assert secret.holder("AWSCURRENT") != event["ClientRequestToken"]

    def test_a_target_that_says_nothing_is_not_waited_for_for_ever(
        self, secret: LabSecret, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whatever ends the wait, it is not the deadline: that one needs the main thread."""
        shorten_waits(monkeypatch)
        # In this order, as a thread that waits for ever ends with the server only.
        with ThreadPoolExecutor(1) as pool, fake_server(silent) as other:
            self.move(secret, other.port)
            failed = pool.submit(self.failure, secret, secret.begin())
            assert isinstance(failed.result(), Unreachable)
            assert other.connections

    def test_another_authority_than_the_functions_is_not_trusted(
        self, secret: LabSecret, tmp_path: Path
    ) -> None:
        here, event = secret.value(), secret.begin()
        bundle = str(Authority(tmp_path, name="another authority").ca)
        settings = {**secret.target.settings, "TLS_CA_BUNDLE": bundle}
        function = template.handler(secret.target.function, settings)
        error = self.failure(secret, event, function)
        assert isinstance(error, Untrusted)
        assert secret.diagnose(function).of("tls")["code"] == "Untrusted"
        assert secret.target.accepts(here)

    # --- others beside it ---

    def test_nobody_elses_credential_is_touched(
        self, secret: LabSecret, target: RemoteTarget
    ) -> None:
        stranger = target.stranger()
        assert target.accepts(stranger)
        given_up = secret.begin()
        secret.steps(given_up, Step.CREATE, Step.SET)
        secret.abandon(given_up)
        for _ in range(3):
            event = secret.begin()
            for step in Step:
                secret.steps(event, step, step)
                assert target.accepts(stranger), step

    # --- silence ---

    def test_no_value_is_in_what_the_target_was_told_in_clear(
        self, secret: LabSecret, target: RemoteTarget
    ) -> None:
        before = secret.values()
        try:
            with target.overhearing() as heard:
                for _ in range(2):
                    assert secret.rotate().state == "succeeded"
                heard_text = heard()
        except UnheardError:
            pytest.skip("the log of a caller's own server is not here")
        assert heard_text
        made = secret.values() - before
        assert made
        assert not [form for value in made for form in forms(value) if form.decode() in heard_text]

    def test_no_error_has_a_value(self, secret: LabSecret) -> None:
        good = secret.value()
        event = secret.begin()
        secret.step(event, Step.CREATE)
        errors = [self.failure(secret, event, steps=(Step.TEST,))]  # setSecret is left out
        secret.abandon(event)
        errors += [self.failure(secret, event) for event in self.odd(secret, good)]
        for error in filter(None, errors):
            shown = " ".join(_all_of(error))
            assert not [value for value in secret.values() if value in shown], type(error)
        assert any(errors)

    def odd(self, secret: LabSecret, good: Document) -> Iterator[Event]:
        """Rotations that cannot go well, each given up before the next one."""
        for field in sorted(self.credential & good.keys()):
            value = str(good[field])
            for other in (f"{value}-not", [value], {"value": value}, f"{value}\0"):
                secret.store({**good, field: other})
                yield from self.given_up(secret)
        secret.store(good)
        self.move(secret, CLOSED)
        yield from self.given_up(secret)

    @staticmethod
    def given_up(secret: LabSecret) -> Iterator[Event]:
        event = secret.begin()
        yield event
        secret.abandon(event)

    @staticmethod
    def failure(
        secret: LabSecret,
        event: Event,
        handler: Handler | None = None,
        steps: Iterable[Step] = Step,
    ) -> RotationError | None:
        """What the first step that fails raises; None where all go well."""
        for step in steps:
            try:
                secret.step(event, step, handler)
            except RotationError as error:
                return error
        return None


def _all_of(error: BaseException | None) -> Iterator[str]:
    """Everything that could come to be printed of it, and of what is behind it."""
    while error is not None:
        yield from (str(error), repr(error), repr(error.args), repr(vars(error)))
        error = error.__cause__ or error.__context__
