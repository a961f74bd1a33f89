"""Every description that is shipped rotates keys, and asks for nothing that is not documented."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from local.servers.certificates import Authority
from local.targets import Document, create
from rotators.http_api_key.description.sources import SHIPPED
from shared.errors import Rejected, Unreachable
from shared.protocol.event import Step
from tests.issuers.examples import FOLDER, NAMES, Documentation
from tests.issuers.internet import Internet
from tests.issuers.stub import Stub
from tests.lab import Lab, LabSecret

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

# Run against the issuer itself, by the conformance suite.
REAL = {"jupyterhub", "rabbitmq"}
# What an issuer is asked in a rotation, but for an admin's login and a second request to revoke.
HTTP_CALLS = 4


class StubTarget:
    """A key of an issuer that behaves as documented."""

    function = "HttpApiKey"

    def __init__(self, name: str, stub: Stub) -> None:
        self.stub, self.name, self.title = stub, name, name
        self.described: dict[str, Any] = json.loads((SHIPPED / f"{name}.json").read_text())
        self.installs = "set" in self.described
        overlapping = {"issue", "slots"} & self.described.keys()
        self.overlaps = bool(overlapping or self._replace().get("keeps_old"))
        self.settings: Mapping[str, str] = {
            "ISSUER_HOSTS": " ".join(sorted(stub.documentation.hosts))
        }

    def _replace(self) -> Mapping[str, Any]:
        operation = self.stub.documentation.operation("replace")
        return operation.document if operation else {}

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        key, fields = self.stub.first_key(), self.described["fields"]
        document: Document = {
            "issuer": self.name,
            **self.stub.documentation.document["secret"],
            fields["key"]: key["key"],
        }
        if "id" in fields:
            document[fields["id"]] = str(key["id"])
        if "slot" in fields:
            document[fields["slot"]] = key["slot"]
        if "admin" in self.stub.documentation.document:
            admin = self.stub.documentation.document["admin"]
            document["admin_secret_arn"] = create(client, f"{name}-admin", admin)
        return create(client, name, document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        return self.stub.accepts(str(document[self.described["fields"]["key"]]))


@pytest.fixture(scope="module")
def internet(authority: Authority) -> Iterator[tuple[Internet, str]]:
    with Internet(authority) as server, server.running() as proxy:
        yield server, proxy


@pytest.fixture(params=NAMES)
def target(
    request: pytest.FixtureRequest,
    internet: tuple[Internet, str],
    monkeypatch: pytest.MonkeyPatch,
) -> StubTarget:
    server, proxy = internet
    monkeypatch.setenv("ISSUER_PROXY", proxy)
    return StubTarget(request.param, server.add(Documentation.read(request.param)))


@pytest.fixture
def secret(lab: Lab, target: StubTarget) -> LabSecret:
    return lab.secret(target, note="kept")


def test_every_description_is_tested() -> None:
    shipped = {path.stem for path in SHIPPED.glob("*.json")}
    assert shipped == REAL | {path.stem for path in FOLDER.glob("*.json")}
    assert len(shipped) >= 12


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.json")), ids=lambda path: path.stem)
def test_every_description_cites_its_documentation(path: Path) -> None:
    cited = json.loads(path.read_text())["documentation"]
    assert urlsplit(cited).scheme == "https"


def test_rotations(secret: LabSecret, target: StubTarget, output: Callable[[], str]) -> None:
    """Three: the second revokes the first key, which somebody had made by hand."""
    stub, first = target.stub, secret.value()
    labels = "label" in target.described.get("list", {}).get("read", {"label": ""})
    for number in range(3):
        asked_before = len(stub.met)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", (outcome.error, stub.strange)
        asked = [name for name in stub.met[asked_before:] if name not in {"login", "deactivate"}]
        # A key that has no label of ours is used once more before it is revoked.
        assert len(asked) <= HTTP_CALLS + (number == 1 or not labels)
        assert secret.holder("AWSCURRENT") in secret.accepted_versions()
        if number == 0:
            assert target.accepts(first) is target.overlaps
        elif {"issue", "slots"} & target.described.keys():
            assert not target.accepts(first)
            assert len(stub.keys) == 2
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
    assert secret.rotate().state == "succeeded", target.stub.strange
    assert secret.rotate().state == "succeeded", target.stub.strange
    if "issue" in target.described:
        assert len(target.stub.keys) == 2
    assert not target.stub.strange


def test_a_key_of_nobody_is_refused(secret: LabSecret, target: StubTarget) -> None:
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    target.stub.keys.clear()
    with pytest.raises((Rejected, Unreachable), match="rejected the key"):
        secret.step(event, Step.TEST, timeout=4)
    assert not target.stub.strange
