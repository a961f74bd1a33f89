"""Every description that is shipped rotates keys, and asks for nothing that is not documented."""

import json
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rotators.http_api_key.description.sources import SHIPPED
from shared.errors import Rejected, Unreachable
from shared.protocol.event import Step
from tests.issuers.conftest import NewStub
from tests.issuers.examples import FOLDER, NAMES, Documentation
from tests.issuers.stub import Stub
from tests.issuers.stubbed import StubTarget
from tests.lab import Lab, LabSecret

# Run against the issuer itself, by the conformance suite.
REAL = {"jupyterhub", "rabbitmq"}
# What an issuer is asked in a rotation, but for an admin's login and a second request to revoke:
# the list, a revocation, what `inspect` tells, the new key, and its test.
HTTP_CALLS = 4


@pytest.fixture(params=NAMES)
def target(request: pytest.FixtureRequest, new_stub: NewStub) -> StubTarget:
    return StubTarget(request.param, new_stub(request.param))


@pytest.fixture
def secret(lab: Lab, target: StubTarget) -> LabSecret:
    return lab.secret(target, note="kept")


def test_all_but_one_bind_an_id_to_its_key() -> None:
    targets = (StubTarget(name, Stub(Documentation.read(name))) for name in NAMES)
    assert [target.name for target in targets if not target.binds] == ["grafana"]


def test_every_description_is_tested() -> None:
    shipped = {path.stem for path in SHIPPED.glob("*.json")}
    assert shipped == REAL | {path.stem for path in FOLDER.glob("*.json")}
    assert len(shipped) >= 15


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_every_description_cites_its_documentation(path: Path) -> None:
    cited = json.loads(path.read_text())["documentation"]
    assert urlsplit(cited).scheme == "https"


def http_calls(target: StubTarget, *, is_second: bool) -> int:
    """How often an issuer may be asked in a rotation.

    The current key is used before anything is made, unless a label shows that it is ours; and one
    that has no label of ours is used once more before it is revoked. After that the list tells
    whether it has ended, unless it takes its time.
    """
    described = target.described
    proofs = 2 if not target.labels else 1 + is_second
    ends = ("revoke" in described) * (not described.get("propagation"))
    return HTTP_CALLS + proofs + ends + ("inspect" in described)


def test_rotations(secret: LabSecret, target: StubTarget, output: Callable[[], str]) -> None:
    """Three: the second revokes the first key, which somebody had made by hand.

    But for an issuer that tells nothing by which that key is known to have its id.
    """
    stub, first = target.stub, secret.value()
    for number in range(3):
        asked_before = len(stub.met)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", (outcome.error, stub.strange)
        asked = [name for name in stub.met[asked_before:] if name not in {"login", "deactivate"}]
        assert len(asked) <= http_calls(target, is_second=number == 1), asked
        assert secret.holder("AWSCURRENT") in secret.accepted_versions()
        if number == 0:
            assert target.accepts(first) is target.overlaps
        elif {"issue", "slots"} & target.described.keys():
            assert target.accepts(first) is not target.binds
            assert len(stub.keys) == 2 + (not target.binds)
    assert not stub.strange
    assert set(stub.met) == {each.name for each in stub.documentation.operations}
    assert secret.value()["note"] == "kept"
    shown = output()
    assert not [each for each in stub.confidential if each in shown]


def test_every_step_again_and_a_rotation_given_up(secret: LabSecret, target: StubTarget) -> None:
    event = secret.begin()
    for step in (Step.CREATE, Step.SET, Step.TEST):
        secret.steps(event, step, step)
    secret.abandon(event)
    assert secret.accepted_versions()
    if "replace" in target.described and "slots" not in target.described:
        # Nothing but a version without a label holds the key that is live now.
        secret.move_label("AWSCURRENT", event["ClientRequestToken"])
    assert secret.rotate().state == "succeeded", target.stub.strange
    assert secret.rotate().state == "succeeded", target.stub.strange
    if "issue" in target.described:
        assert len(target.stub.keys) == 2 + (not target.binds)
    assert not target.stub.strange


def test_a_key_of_nobody_is_refused(secret: LabSecret, target: StubTarget) -> None:
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    target.stub.keys.clear()
    with pytest.raises((Rejected, Unreachable), match="rejected the key"):
        secret.step(event, Step.TEST, timeout=4)
    assert not target.stub.strange
