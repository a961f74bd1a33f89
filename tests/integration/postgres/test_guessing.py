"""Logins refused whatever the password, and what an admin sees before one is tried."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from psycopg import sql

from local.servers import Server, postgres
from local.servers.certificates import Authority
from local.servers.postgres import login as as_superuser
from shared.errors import Forbidden, LockedOut, Rejected
from shared.secret import Secret
from tests.integration.postgres.pairs import PostgresPair

WRONG = Secret("another one")
LIMIT = 3  # of banning_postgres_server


def test_a_ban_is_no_wrong_password(banning_postgres_server: Server) -> None:
    """Not even for who has the right one; and the advice lifts it."""
    pair = PostgresPair(banning_postgres_server)
    for _ in range(LIMIT - 1):
        with (
            pytest.raises(Rejected),
            pair.engine.connect(pair.login(pair.app).with_password(WRONG)),
        ):
            pass
    for password in (WRONG, Secret(pair.passwords[pair.app])):
        with (
            pytest.raises(LockedOut) as caught,
            pair.engine.connect(pair.login(pair.app).with_password(password)),
        ):
            pass
    pair.sql(caught.value.do.partition("as a superuser: ")[2])
    with pair.engine.connect(pair.login(pair.app)) as session:
        session.ping()


def is_worth_trying(pair: PostgresPair, admin: str, password: Secret, user: str = "") -> bool:
    login = replace(pair.login(pair.app), password=password, username=user or pair.app)
    with pair.engine.connect(pair.login(admin)) as session:
        worth = session.is_worth_trying(login)
        session.ping()  # the session goes on
    return worth


@pytest.fixture
def by_superuser(any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(any_postgres_server, superuser=True)


@pytest.mark.parametrize("kind", [b"scram-sha-256", b"md5"])
def test_a_superuser_sees_whose_password_it_is(by_superuser: PostgresPair, kind: bytes) -> None:
    pair = by_superuser
    right = Secret(pair.passwords[pair.app])
    with pair.raw(pair.admin) as admin:
        made = admin.pgconn.encrypt_password(right.reveal().encode(), pair.app.encode(), kind)
        admin.execute(
            sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                sql.Identifier(pair.app), sql.Literal(made.decode())
            )
        )
    assert is_worth_trying(pair, pair.admin, right)
    assert not is_worth_trying(pair, pair.admin, WRONG)
    assert not is_worth_trying(pair, pair.admin, right, "nobody")
    pair.sql("ALTER ROLE {0} PASSWORD NULL", pair.app)
    assert not is_worth_trying(pair, pair.admin, right)


def test_a_password_beyond_ascii_is_worth_trying(by_superuser: PostgresPair) -> None:
    """The server prepares it before it makes the verifier."""
    pair = by_superuser
    pair.sql("ALTER ROLE {0} PASSWORD {1}", pair.app, sql.Literal("pä\u00a0ss"))
    assert is_worth_trying(pair, pair.admin, Secret("pä\u00a0ss"))


def test_who_may_not_look_does_not_know(any_postgres_server: Server) -> None:
    pair = PostgresPair(any_postgres_server)
    assert is_worth_trying(pair, pair.admin, WRONG)


def test_unless_the_server_counts_refusals(banning_postgres_server: Server) -> None:
    pair = PostgresPair(banning_postgres_server)
    right = Secret(pair.passwords[pair.app])
    assert not is_worth_trying(pair, pair.admin, right)
    of_superuser = PostgresPair(banning_postgres_server, superuser=True)
    right = Secret(of_superuser.passwords[of_superuser.app])
    assert is_worth_trying(of_superuser, of_superuser.admin, right)
    assert not is_worth_trying(of_superuser, of_superuser.admin, WRONG)


@pytest.mark.parametrize(
    "line", ["scram-sha-256 clientcert=verify-ca", "scram-sha-256 clientcert=verify-full", "cert"]
)
def test_a_client_certificate_is_asked_for(authority: Authority, tmp_path: Path, line: str) -> None:
    """It is no wrong password, and the advice lets the user in."""
    with postgres(tmp_path, authority) as server:
        pair = PostgresPair(server)
        with as_superuser(server) as admin:
            ((hba,),) = admin.execute("SHOW hba_file").fetchall()
            file = Path(str(hba))
            (file.parent / "ca.pem").write_text(authority.ca.read_text())
            (file.parent / "ca.pem").chmod(0o644)
            admin.execute("ALTER SYSTEM SET ssl_ca_file = 'ca.pem'")
            lines = file.read_text()
            file.write_text(f"hostssl all {pair.app} 127.0.0.1/32 {line}\n{lines}")
            admin.execute("SELECT pg_reload_conf()")
        with pytest.raises(Forbidden, match="client certificate") as caught:
            pair.engine.connect(pair.login(pair.app)).__enter__()
        assert "scram-sha-256" in caught.value.do
        with as_superuser(server) as admin:
            above = f"hostssl all {pair.app} 127.0.0.1/32 scram-sha-256\n"
            file.write_text(above + file.read_text())
            admin.execute("SELECT pg_reload_conf()")
        with pair.engine.connect(pair.login(pair.app)) as session:
            session.ping()


def test_a_group_that_is_refused_refuses_who_administers_a_member(
    authority: Authority, tmp_path: Path
) -> None:
    """Whatever the membership's options are; a line above that one helps."""
    with postgres(tmp_path, authority) as server:
        pair, group = PostgresPair(server), f"group_{uuid.uuid4().hex[:8]}"
        pair.sql("CREATE ROLE {0}", group)
        pair.sql("GRANT {0} TO {1}", group, pair.app)
        with as_superuser(server) as admin:
            ((hba,),) = admin.execute("SHOW hba_file").fetchall()
            file = Path(str(hba))
            lines = file.read_text()
            only = f"hostssl all {pair.app},{pair.clone} 127.0.0.1/32 scram-sha-256\n"
            reject = f"hostssl all +{group} 127.0.0.1/32 reject\n"
            file.write_text(only + reject + lines)
            admin.execute("SELECT pg_reload_conf()")
            with pytest.raises(Forbidden, match="pg_hba") as caught:
                pair.engine.connect(pair.login(pair.admin)).__enter__()
            assert "+group" in caught.value.do
            above = f"hostssl all {pair.admin} 127.0.0.1/32 scram-sha-256\n"
            file.write_text(above + only + reject + lines)
            admin.execute("SELECT pg_reload_conf()")
        for user in (pair.clone, pair.app):
            pair.rotate(user)
