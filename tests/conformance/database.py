"""What every strategy on every engine must do, beside what all remote backends must."""

import json
import uuid
from contextlib import suppress
from typing import Any

import pytest

from local.targets import DatabaseTarget
from shared.errors import RotationError, Unreachable
from shared.protocol.event import Step
from shared.protocol.ticket import StepTicket
from tests.conformance.remote import RemoteSuite
from tests.faulty.faults import Fault, FaultPoint, Harm, Way
from tests.faulty.proxy import faulty_proxy
from tests.lab import LabSecret

AT_MOST = 12  # places at which a connection is lost


def username() -> str:
    """A user that no other test has; with a space, which needs quotes."""
    return f"app {uuid.uuid4().hex[:8]}"


class DatabaseSuite(RemoteSuite):
    """As RemoteSuite, with a target whose server can be restarted."""

    @pytest.fixture
    def target(self) -> DatabaseTarget:
        raise NotImplementedError("a subclass gives the target")

    def test_a_restart_of_the_server_forgets_nothing(
        self, secret: LabSecret, target: DatabaseTarget
    ) -> None:
        if target.server.restart is None:
            pytest.skip("a caller's own server is not ours to restart")
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET)
        target.server.restart()
        secret.steps(event, Step.TEST, Step.FINISH)
        assert target.accepts(secret.value())

    @staticmethod
    def backend(secret: LabSecret) -> Any:  # noqa: ANN401 - a DatabaseBackend of any engine
        handler = secret.lab.functions.handler(secret.function)
        return handler.build(handler.environment)

    def move(self, secret: LabSecret, port: int) -> None:
        """Let the secret, and the admin's where there is one, name another port."""
        super().move(secret, port)
        admin = secret.value().get("masterarn")
        if admin is not None:
            admin_document = json.loads(
                secret.lab.client.get_secret_value(SecretId=admin)["SecretString"]
            )
            moved = json.dumps({**admin_document, "host": "127.0.0.1", "port": port})
            secret.lab.client.put_secret_value(SecretId=admin, SecretString=moved)

    def test_a_connection_that_is_lost_anywhere_in_setsecret_is_made_good(
        self, secret: LabSecret, target: DatabaseTarget
    ) -> None:
        atomic = self.backend(secret).engine.atomic
        with faulty_proxy(target.server.port) as proxy:
            self.move(secret, proxy.port)
            event = secret.begin()
            secret.step(event, Step.CREATE)
            proxy.begin()
            secret.step(event, Step.SET)
            places = [
                FaultPoint(connection, Way.THERE, record, 0)
                for connection, lengths in enumerate(proxy.seen)
                for record in range(len(lengths[Way.THERE]))
            ]
            secret.steps(event, Step.TEST, Step.FINISH)
            for place in places[:: len(places) // AT_MOST + 1]:
                event = secret.begin()
                secret.step(event, Step.CREATE)
                proxy.begin(Fault(Harm.RESET, place))
                with suppress(RotationError):
                    secret.step(event, Step.SET)
                proxy.begin()
                secret.step(event, Step.SET)
                if not atomic and target.server.restart is not None:
                    target.server.restart()
                secret.steps(event, Step.TEST, Step.FINISH)
                assert target.accepts(secret.value()), place

    def test_a_ping_is_answered_by_the_server(
        self, secret: LabSecret, target: DatabaseTarget
    ) -> None:
        backend = self.backend(secret)
        with faulty_proxy(target.server.port) as proxy:
            login = backend.parse({**secret.value(), "port": proxy.port})
            with backend.engine.connect(login) as session:
                session.ping()
                proxy.begin()  # cuts what is connected
                with pytest.raises(Unreachable):
                    session.ping()

    def test_a_copy_that_is_overtaken_after_its_last_look_locks_nobody_out(
        self, secret: LabSecret, target: DatabaseTarget, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = secret.begin()
        secret.step(late, Step.CREATE)
        look = StepTicket.ensure_still_this_rotation
        looked: list[bool] = []

        def ensure(ticket: StepTicket[Any], **options: bool) -> None:
            look(ticket, **options)
            if not looked:
                looked.append(True)
                secret.abandon(late)
                assert secret.rotate().state == "succeeded"

        monkeypatch.setattr(StepTicket, "ensure_still_this_rotation", ensure)
        error: RotationError | None = None
        try:
            secret.step(late, Step.SET)
        except RotationError as refused:
            error = refused
        assert looked
        assert secret.accepted_versions()
        if target.compares:
            assert error is not None
            assert secret.holder("AWSCURRENT") in secret.accepted_versions()
        assert secret.rotate().state == "succeeded"
        assert secret.holder("AWSCURRENT") in secret.accepted_versions()
