"""Whose a PostgreSQL role is that is named like a clone, and what AWS's functions left behind."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.sql import Literal

from local.servers import Server
from shared.errors import Forbidden, Misconfigured, RotationError, TargetMismatch
from shared.secret import Secret
from tests.integration.postgres.pairs import PostgresPair, never


@pytest.fixture
def pair(either_postgres_server: Server) -> PostgresPair:
    return PostgresPair(either_postgres_server)


@pytest.fixture
def aws(pair: PostgresPair) -> PostgresPair:
    """As AWS's functions leave it: the clone is a member of the original, and nothing else."""
    stranger(pair)
    pair.run(pair.admin, "GRANT {0} TO {1}", pair.app, pair.clone)
    pair.proves_ownership = lambda: True  # the secret has its password
    return pair


@pytest.fixture
def database(pair: PostgresPair) -> Iterator[str]:
    name = f"db_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE DATABASE {0}", name)
    pair.sql("GRANT CREATE ON SCHEMA public TO public", dbname=name)
    yield name
    pair.sql("DROP DATABASE {0} (FORCE)", name)


def stranger(pair: PostgresPair) -> None:
    pair.run(pair.admin, "CREATE ROLE {0} LOGIN PASSWORD 'its own'", pair.clone)
    pair.passwords[pair.clone] = "its own"


def assert_twin_refused(
    pair: PostgresPair, twin: str, kind: type[RotationError] = TargetMismatch
) -> str:
    """Nothing is changed in either; what to do."""
    before = [pair.state(user) for user in (pair.app, pair.clone)]
    with pytest.raises(kind) as caught:
        pair.provision(twin, proves_ownership=lambda: False)
    assert type(caught.value) is kind
    assert [pair.state(user) for user in (pair.app, pair.clone)] == before
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    return caught.value.do


def sql_in(do: str) -> str:
    """The statements in what to do: from the first word in capitals to the end or a semicolon."""
    return do.partition(": ")[2].split("; if not")[0]


def test_defect_10_a_lookalike_is_not_touched(pair: PostgresPair) -> None:
    stranger(pair)
    adopt = sql_in(assert_twin_refused(pair, pair.clone))
    pair.run(pair.clone, "SELECT 1")
    pair.run(pair.admin, adopt.replace("{", "{{"))
    pair.rotate(pair.clone)


def test_defect_10_nor_is_a_lookalike_of_an_original(pair: PostgresPair) -> None:
    """The secret is of a user really named so; `app` is somebody else."""
    stranger(pair)
    adopt = sql_in(assert_twin_refused(pair, pair.app))
    pair.run(pair.admin, adopt)
    pair.rotate(pair.app)


@pytest.mark.parametrize("first", ["clone", "app"])
def test_a_stored_password_that_works_is_proof(pair: PostgresPair, first: str) -> None:
    stranger(pair)
    twin = getattr(pair, first)
    pair.provision(twin, proves_ownership=lambda: True)
    pair.verify(twin)
    pair.provision(pair.app if twin == pair.clone else pair.clone, proves_ownership=lambda: True)
    pair.rotate(twin)
    assert pair.run(pair.clone, "SELECT current_user::text") == [(pair.app,)]


def test_a_lookalike_that_appears_meanwhile_is_not_touched(pair: PostgresPair) -> None:
    pair.provision(pair.clone)
    pair.run(pair.admin, "REVOKE {0} FROM {1}", pair.app, pair.clone)
    assert "GRANT" in assert_twin_refused(pair, pair.clone)


def test_verify_refuses_where_provision_was_not_done(pair: PostgresPair) -> None:
    with pytest.raises(TargetMismatch):
        pair.verify(pair.app)
    stranger(pair)
    for user in (pair.app, pair.clone):
        with pytest.raises(TargetMismatch):
            pair.verify(user)


def test_an_admin_of_another_server(postgres_server: Server, postgres_18_server: Server) -> None:
    here, there = PostgresPair(postgres_server), PostgresPair(postgres_18_server)
    with (
        here.engine.connect(here.login(here.app)) as current,
        there.engine.connect(there.login(there.admin)) as admin,
        pytest.raises(TargetMismatch) as caught,
    ):
        current.provision_twin(here.clone, Secret("new"), by=admin, proves_ownership=lambda: False)
    assert caught.value.field == "masterarn"
    assert not there.sql("SELECT 1 FROM pg_roles WHERE rolname = {0}", Literal(here.clone))


def test_awss_clone_comes_to_act_as_its_original(aws: PostgresPair, database: str) -> None:
    """Nothing it made is lost to it on the way, and in the end it is all the original's."""
    aws.run(aws.clone, "CREATE TABLE own (i int)", dbname=database)
    aws.rotate(aws.clone, dbname=database)
    aws.run(aws.clone, "INSERT INTO own VALUES (1)", dbname=database)
    aws.rotate(aws.app, dbname=database)
    aws.run(aws.app, "ALTER TABLE own ADD j int", dbname=database)
    aws.run(aws.clone, "INSERT INTO own VALUES (1)", dbname=database)
    aws.rotate(aws.clone, dbname=database)
    assert aws.run(aws.clone, "SELECT current_user::text") == [(aws.app,)]
    aws.proves_ownership = never  # from now on the server shows it
    aws.rotate(aws.app, dbname=database)
    aws.rotate(aws.clone, dbname=database)


def test_awss_clone_is_the_current_one(
    aws: PostgresPair, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    aws.run(aws.clone, "CREATE TABLE own (i int)", dbname=database)
    aws.proves_ownership = never  # a member who may act as the other has all its rights anyway
    aws.rotate(aws.app, dbname=database)
    assert f"what {aws.clone!r} owned in this database belongs to {aws.app!r}" in caplog.text
    aws.run(aws.app, "DROP TABLE own", dbname=database)
    aws.proves_ownership = lambda: True
    aws.rotate(aws.clone, dbname=database)
    assert aws.run(aws.clone, "SELECT current_user::text") == [(aws.app,)]


def test_what_awss_clone_owns_elsewhere_is_not_forgotten(aws: PostgresPair, database: str) -> None:
    aws.run(aws.clone, "CREATE TABLE own (i int)", dbname=database)
    aws.provision(aws.app)
    with pytest.raises(TargetMismatch, match=database) as caught:
        aws.verify(aws.app)
    aws.run(aws.clone, sql_in(caught.value.do), dbname=database)
    aws.verify(aws.app)


def test_a_function_that_may_not_be_handed_over(aws: PostgresPair, database: str) -> None:
    aws.run(
        aws.clone, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", dbname=database
    )
    aws.sql("REVOKE CREATE ON SCHEMA public FROM public", dbname=database)
    with pytest.raises(Forbidden) as caught:
        aws.provision(aws.app, dbname=database)
    aws.sql(sql_in(caught.value.do), dbname=database)
    aws.rotate(aws.app, dbname=database)


@pytest.mark.parametrize(
    ("give", "heal"),
    [
        ("ALTER ROLE {clone} CREATEDB", None),
        ("GRANT {group} TO {clone}", None),
        ("GRANT SELECT, UPDATE ON t TO {clone}", None),
        ("GRANT SELECT (i) ON t TO {clone}", "GRANT SELECT (i) ON t TO {group}"),
        ("GRANT SELECT (i), UPDATE (i, j) ON t TO {clone}", None),
        ("GRANT USAGE ON SEQUENCE q TO {clone}", None),
        ("GRANT USAGE ON SCHEMA s TO {clone}", None),
        ("GRANT USAGE ON SCHEMA s TO {clone}", "GRANT USAGE ON SCHEMA s TO public"),
        ("GRANT EXECUTE ON FUNCTION f() TO {clone}", None),
        ("GRANT USAGE ON TYPE e TO {clone}", None),
        ("GRANT TEMP ON DATABASE {database} TO {clone}", None),
        ("GRANT TEMP ON DATABASE {database} TO {clone}",
         "REVOKE TEMP ON DATABASE {database} FROM {clone}"),
        ("GRANT SELECT ON t TO {clone} WITH GRANT OPTION; GRANT UPDATE ON t TO {clone}", None),
        ("CREATE POLICY p ON t TO {clone}", "ALTER POLICY p ON t TO {app}"),
    ],
)  # fmt: skip
def test_a_right_that_awss_clone_alone_has(
    aws: PostgresPair, database: str, give: str, heal: str | None
) -> None:
    names = {"app": aws.app, "clone": aws.clone, "database": database, "group": f"{database}_group"}
    aws.sql("CREATE ROLE {0}", names["group"])
    aws.sql(
        "CREATE TABLE t (i int, j int); CREATE SEQUENCE q; CREATE SCHEMA s;"
        " CREATE TYPE e AS ENUM ('x');"
        " CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        " REVOKE ALL ON FUNCTION f() FROM public; REVOKE ALL ON TYPE e FROM public;",
        dbname=database,
    )
    aws.sql("REVOKE ALL ON DATABASE {0} FROM public", database)
    aws.sql("GRANT CONNECT ON DATABASE {0} TO {1}", database, aws.app)
    if "{group}" in (heal or ""):
        aws.sql("GRANT {0} TO {1}", names["group"], aws.app)
    aws.rotate(aws.app, dbname=database)
    aws.sql(give.format_map(names), dbname=database)
    with pytest.raises(TargetMismatch) as caught:
        aws.verify(aws.app, database)
    advice = caught.value.do.partition(": ")[2]
    aws.sql(heal.format_map(names) if heal else advice, dbname=database)
    aws.verify(aws.app, database)
    aws.sql("DROP OWNED BY {0}", names["group"], dbname=database)


def test_a_right_that_awss_clone_has_elsewhere(aws: PostgresPair, database: str) -> None:
    aws.sql("CREATE TABLE t (i int)", dbname=database)
    aws.sql("GRANT SELECT ON t TO {0}", aws.clone, dbname=database)
    aws.provision(aws.app)
    with pytest.raises(TargetMismatch) as caught:
        aws.verify(aws.app)
    assert database in caught.value.do


def test_a_clone_that_acts_as_somebody_else(pair: PostgresPair) -> None:
    """It has rights that the original lacks."""
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.rotate(pair.clone)
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("GRANT {0} TO {1}", group, pair.clone)
    pair.rotate(pair.app)
    pair.sql("ALTER ROLE {0} SET role = {1}", pair.clone, group)
    with pytest.raises(TargetMismatch, match="rights of its own"):
        pair.verify(pair.app)


def test_rights_of_the_clone_alone_do_not_matter_once_it_acts(
    pair: PostgresPair, database: str
) -> None:
    pair.rotate(pair.clone)
    pair.sql("CREATE TABLE t (i int)", dbname=database)
    pair.sql("GRANT SELECT ON t TO {0}", pair.clone, dbname=database)
    pair.rotate(pair.app, dbname=database)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        pair.run(pair.clone, "SELECT * FROM t", dbname=database)


def test_an_admin_who_may_not_create_roles(pair: PostgresPair) -> None:
    pair.sql("ALTER ROLE {0} NOCREATEROLE", pair.admin)
    pair.sql(sql_in(assert_twin_refused(pair, pair.clone, Forbidden)))
    pair.rotate(pair.clone)


def test_an_admin_who_may_not_grant_the_original(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    pair.sql("REVOKE {0} FROM {1}", pair.app, pair.admin)
    pair.sql(sql_in(assert_twin_refused(pair, pair.clone, Forbidden)))
    pair.rotate(pair.clone)
    pair.sql("REVOKE {0} FROM {1} CASCADE", pair.app, pair.admin)
    pair.sql("GRANT {0} TO {1}", pair.app, pair.clone)
    pair.sql(sql_in(assert_twin_refused(pair, pair.app, Forbidden)))
    pair.rotate(pair.app)


def test_an_admin_who_may_not_change_an_attribute(pair: PostgresPair) -> None:
    pair.provision(pair.clone)
    pair.sql("ALTER ROLE {0} BYPASSRLS", pair.app)
    pair.sql(sql_in(assert_twin_refused(pair, pair.clone, Forbidden)))
    pair.rotate(pair.clone)


def test_an_admin_who_may_not_change_a_setting(pair: PostgresPair) -> None:
    """Nor is its value told: it might be anything."""
    pair.sql("ALTER ROLE {0} SET my.thing = 'confidential'", pair.app)
    do = assert_twin_refused(pair, pair.clone, Forbidden)
    assert "confidential" not in do
    pair.sql(sql_in(do))
    pair.rotate(pair.clone)


def test_a_setting_that_the_server_does_not_take_any_more(pair: PostgresPair) -> None:
    pair.provision(pair.clone)
    pair.sql(
        "INSERT INTO pg_db_role_setting SELECT 0, oid, '{{work_mem=a lot}}' FROM pg_authid"
        " WHERE rolname = {0}",
        Literal(pair.app),
    )
    assert "work_mem" in assert_twin_refused(pair, pair.clone, Misconfigured)


def test_a_membership_of_the_clone_that_somebody_else_granted(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.rotate(pair.clone)
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("GRANT {0} TO {1}", group, pair.clone)
    pair.sql(sql_in(assert_twin_refused(pair, pair.clone, Forbidden)))
    pair.rotate(pair.clone)


def test_memberships_in_a_circle(pair: PostgresPair) -> None:
    stranger(pair)
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("GRANT {0} TO {1}", pair.clone, group)
    pair.sql("GRANT {0} TO {1}", group, pair.app)
    with pytest.raises(TargetMismatch, match="0LP01"):
        pair.provision(pair.clone, proves_ownership=lambda: True)


def test_others_depend_on_a_membership_of_the_clone(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    group, other = (f"group_{uuid.uuid4().hex[:8]}" for _ in range(2))
    pair.rotate(pair.clone)
    for name in (group, other):
        pair.run(pair.admin, "CREATE ROLE {0}", name)
    pair.run(pair.admin, "GRANT {0} TO {1} WITH ADMIN OPTION", group, pair.clone)
    with pair.raw(pair.clone) as connection:
        connection.execute("SET ROLE none")
        connection.execute(f"GRANT {group} TO {other}")
    with pytest.raises(TargetMismatch, match="2BP01"):
        pair.provision(pair.clone)
