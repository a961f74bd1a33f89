"""What a restart would undo is told before anything is changed, unless the secret knows of it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from local.servers import Server
from local.servers.certificates import Authority
from local.targets import Place
from rotators.valkey.testing import ValkeyTarget, valkey
from rotators.valkey.testing.users import OWN_RIGHTS, RIGHTS, hash_of
from shared.errors import Forbidden, Misconfigured, Rejected, Unreachable
from shared.protocol.event import Step
from tests.integration.valkey.stage import BY_ADMIN, created, failure, name, user
from tests.keeper import allow, offered
from tests.lab import Lab, LabSecret


@pytest.fixture(scope="module")
def without_acl_file(server_logs: Path, authority: Authority) -> Iterator[Server]:
    with valkey(server_logs, authority, name="config", keeps_users_in="config") as server:
        yield server


class Unsaved(ValkeyTarget):
    """A user of a server without an aclfile."""

    def change(self, username: str, *rules: str) -> None:
        with self.admin() as admin:
            self.run(admin, "ACL", "SETUSER", username, "resetpass", *rules)
            self.run(admin, "CONFIG", "REWRITE")


@pytest.fixture
def secret(lab: Lab, without_acl_file: Server) -> LabSecret:
    target = Unsaved(without_acl_file, name())
    rules = (*RIGHTS, *OWN_RIGHTS, "+config|rewrite", "+config|get")
    target.change(str(target.document["username"]), "on", hash_of(target.document), *rules)
    return lab.secret(target)


def restart(secret: LabSecret) -> None:
    target = secret.target
    assert isinstance(target, ValkeyTarget)
    assert target.server.restart is not None
    target.server.restart()


def test_without_an_aclfile_nothing_is_changed(secret: LabSecret) -> None:
    event = created(secret)
    error = failure(secret, event)
    assert isinstance(error, Misconfigured)
    assert error.field == "persistence"
    assert "no aclfile" in str(error)
    assert {"persistence"} <= {each.get("field") for each in secret.diagnose().findings}


def test_a_configuration_file_that_is_rewritten_outlives_a_restart(secret: LabSecret) -> None:
    secret.store({**secret.value(), "persistence": "config"})
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    restart(secret)
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.target.accepts(secret.value())


def test_what_is_not_to_be_saved_is_said_loudly(
    secret: LabSecret, output: Callable[[], str]
) -> None:
    secret.store({**secret.value(), "persistence": "none"})
    before = secret.value()
    assert secret.rotate().state == "succeeded"
    assert "a restart brings the old password" in output()
    restart(secret)
    assert secret.target.accepts(before)
    assert not secret.target.accepts(secret.value())


def test_an_aclfile_is_saved_also_where_the_secret_speaks_of_the_configuration(
    lab: Lab, place: Place
) -> None:
    target = user(place.running(valkey))
    with target.admin() as admin:
        target.run(admin, "ACL", "SETUSER", str(target.document["username"]), "+config|rewrite")
    secret = lab.secret(target, persistence="config")
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    restart(secret)
    secret.steps(event, Step.TEST, Step.FINISH)
    assert target.accepts(secret.value())


def test_what_only_the_other_file_would_keep_is_not_changed(lab: Lab, place: Place) -> None:
    """With an aclfile, CONFIG REWRITE writes no user down, and says nothing of it."""
    target = user(place.running(valkey))
    username = str(target.document["username"])
    with target.admin() as admin:
        target.run(admin, "ACL", "SETUSER", username, "+config|rewrite", "+acl|dryrun", "-acl|save")
        secret = lab.secret(target, persistence="config")
        event = created(secret)
        error = failure(secret, event)
        assert isinstance(error, Forbidden)
        assert "Forbidden" in {each["code"] for each in secret.diagnose().findings}
        rights = "+acl|getuser +acl|setuser +acl|save +config|rewrite"
        assert error.do.endswith(f"ACL SETUSER {username} {rights}")
        target.run(admin, "ACL", "SETUSER", username, *rights.split())
    secret.steps(event, Step.SET)
    restart(secret)
    secret.steps(event, Step.TEST, Step.FINISH)


def test_a_reset_goes_by_the_admins_secret_and_says_so(lab: Lab, without_acl_file: Server) -> None:
    target = Unsaved(without_acl_file, name(), BY_ADMIN)
    secret = lab.secret(target, persistence="config")
    target.change(str(target.document["username"]), f"#{'0' * 64}")
    event = created(secret)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    allow(secret, event, offered(secret))
    error = failure(secret, event)
    assert isinstance(error, Misconfigured)
    assert "let 'persistence' in the admin's secret be" in error.do
    admin = replace(secret, arn=str(secret.value()["masterarn"]))
    admin.store({**admin.value(), "persistence": "config"})
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)


def test_a_file_that_cannot_be_written_is_told_before_anything_changes(
    lab: Lab, authority: Authority, tmp_path: Path
) -> None:
    with valkey(tmp_path, authority, name="full") as server:
        target = user(server)
        secret = lab.secret(target)
        with target.admin() as admin:
            told = target.run(admin, "CONFIG", "GET", "aclfile")
        # Servers write another file beside it, and rename that.
        aclfile = Path(told[1])
        aclfile.unlink()
        aclfile.mkdir()
        event = created(secret)
        error = failure(secret, event)
        assert isinstance(error, Unreachable)
        assert "cannot write its aclfile" in str(error)
        aclfile.rmdir()
        secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
