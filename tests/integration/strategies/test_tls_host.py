"""`tls_host`: the certificate must have this name, and the connection still goes to `host`."""

import json
import socket
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from local.servers import Server
from shared.errors import MalformedSecret, Untrusted
from shared.protocol.event import Step
from tests.engines import ALTERNATING, SINGLE
from tests.lab import Lab, LabSecret

EVERY = ("postgres_server", "mariadb_server", "mysql_server")
ALIAS = "db.corp.test"  # in DNS, as a CNAME would be, and on no certificate
STRATEGIES: dict[str, Callable[[Server, str], Any]] = {
    "itself": lambda server, name: SINGLE[server.engine](server, name),
    "by admin": lambda server, name: SINGLE[server.engine](
        server, name, {"ADMIN_SETS_PASSWORD": "true"}
    ),
    "alternating": lambda server, name: ALTERNATING[server.engine](server, name),
}


@pytest.fixture(autouse=True)
def _alias_is_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up = socket.getaddrinfo

    def resolve(host: Any, *args: Any, **more: Any) -> object:  # noqa: ANN401 - getaddrinfo's own
        return look_up("localhost" if host == ALIAS else host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def at_alias(lab: Lab, server: Server, strategy: str, tls_host: object) -> LabSecret:
    """A secret that names the server by its alias, and the admin's likewise."""
    target = STRATEGIES[strategy](server, f"named {uuid.uuid4().hex[:8]}")
    where = {"host": ALIAS, "tls_host": tls_host}
    target.document |= where
    target.admin_elsewhere |= where
    return lab.secret(target)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_it_is_verified_in_place_of_the_host_and_kept(
    lab: Lab, server: Server, strategy: str
) -> None:
    secret = at_alias(lab, server, strategy, "localhost")
    for _ in range(2):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
    assert (secret.value()["host"], secret.value()["tls_host"]) == (ALIAS, "localhost")


@pytest.mark.parametrize("tls_host", [None, "other.corp.test", "127.0.0.9"])
@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_a_name_that_the_certificate_lacks_fails_closed(
    lab: Lab, server: Server, tls_host: str | None
) -> None:
    secret = at_alias(lab, server, "itself", tls_host)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Untrusted, match="for another host") as caught:
        secret.step(event, Step.SET)
    # Its advice, as told.
    assert "'tls_host'" in caught.value.do
    secret.abandon(event)
    secret.store({**secret.value(), "tls_host": "localhost"})
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_an_address_that_the_certificate_has_will_do(lab: Lab, server: Server) -> None:
    secret = at_alias(lab, server, "itself", "127.0.0.1")
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("server", EVERY, indirect=True)
def test_the_users_name_does_not_vouch_for_the_admins_server(lab: Lab, server: Server) -> None:
    """Who may write the rotated secret does not decide where the admin's password may go."""
    secret = at_alias(lab, server, "by admin", "localhost")
    arn = str(secret.value()["masterarn"])
    answer = lab.client.get_secret_value(SecretId=arn)
    admin = json.loads(answer["SecretString"])
    del admin["tls_host"]
    lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(admin))
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(Untrusted, match=r"for another host.*for the admin's login"):
        secret.step(event, Step.SET)
    secret.abandon(event)


def test_rds_is_asked_by_the_names_of_the_certificates(
    lab: Lab, postgres_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The user's secret has a name of one's own for the server, and the admin's the server's."""
    asked: list[tuple[str, ...]] = []

    def same_data(_: object, *hosts: str) -> bool:
        asked.append(hosts)
        return True

    monkeypatch.setattr("shared.aws.rds.Rds.same_data", same_data)
    target = STRATEGIES["alternating"](postgres_server, f"named {uuid.uuid4().hex[:8]}")
    target.document |= {"host": ALIAS, "tls_host": "localhost"}
    outcome = lab.secret(target).rotate()
    assert outcome.state == "succeeded", outcome.error
    assert set(asked) == {("localhost", postgres_server.host)}


@pytest.mark.parametrize(
    "tls_host", ["", "a:b", "two hosts", "db.test,evil.test", "/socket", 5, ["db.test"], "db:5432"]
)
def test_what_is_no_host_is_told_before_the_put(
    lab: Lab, postgres_server: Server, tls_host: object
) -> None:
    secret = at_alias(lab, postgres_server, "itself", tls_host)
    event = secret.begin()
    with pytest.raises(MalformedSecret, match="'tls_host' of the secret"):
        secret.step(event, Step.CREATE)
    secret.abandon(event)
