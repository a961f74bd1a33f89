"""A PostgreSQL clone acts as its original, and follows it in everything."""

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.sql import Literal

from local.servers import Server
from shared.errors import TargetMismatch
from tests.integration.postgres.pairs import PostgresPair


@pytest.fixture
def pair(any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(any_postgres_server)


@pytest.fixture
def by_superuser(any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(any_postgres_server, superuser=True)


@pytest.fixture
def database(pair: PostgresPair) -> Iterator[str]:
    """One where the original, and nobody else, may make things."""
    name = f"db_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE DATABASE {0}", name)
    pair.sql("GRANT CREATE ON SCHEMA public TO {0}", pair.app, dbname=name)
    yield name
    pair.sql("DROP DATABASE {0}", name)


def test_the_two_take_turns(pair: PostgresPair) -> None:
    for _ in range(2):
        before = dict(pair.passwords)
        pair.rotate(pair.clone)
        pair.run(pair.app, "SELECT 1")  # the current password goes on working
        assert pair.passwords[pair.app] == before[pair.app]
        pair.rotate(pair.app)
        pair.run(pair.clone, "SELECT 1")


def test_the_two_take_turns_for_a_superuser(by_superuser: PostgresPair) -> None:
    by_superuser.rotate(by_superuser.clone)
    by_superuser.rotate(by_superuser.app)


def test_defect_8_what_either_makes_belongs_to_the_original(
    pair: PostgresPair, database: str
) -> None:
    pair.rotate(pair.clone, dbname=database)
    for maker, other in ((pair.app, pair.clone), (pair.clone, pair.app)):
        pair.run(maker, "CREATE TABLE made (i int)", dbname=database)
        pair.run(
            maker, "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'", dbname=database
        )
        owners = pair.sql(
            "SELECT relowner::regrole::text, proowner::regrole::text FROM pg_class, pg_proc"
            " WHERE relname = 'made' AND proname = 'f'",
            dbname=database,
        )
        assert owners == [(pair.app, pair.app)]
        pair.run(other, "ALTER TABLE made ADD j int", dbname=database)
        pair.run(other, "DROP FUNCTION f()", dbname=database)
        pair.run(other, "DROP TABLE made", dbname=database)


def test_what_the_clone_made_as_itself_is_handed_over(pair: PostgresPair, database: str) -> None:
    pair.rotate(pair.clone, dbname=database)
    pair.sql("GRANT CREATE ON SCHEMA public TO {0}", pair.clone, dbname=database)
    with pair.raw(pair.clone, database) as connection:
        connection.execute("SET ROLE none")
        connection.execute("CREATE TABLE own (i int)")
        connection.execute("CREATE TEMPORARY TABLE fleeting (i int)")
        pair.provision(pair.app, dbname=database)
        connection.execute("CREATE TEMPORARY TABLE more (i int)")  # no reason to refuse
        pair.verify(pair.app, database)
    pair.run(pair.app, "DROP TABLE own", dbname=database)


@pytest.mark.parametrize(
    ("give", "take", "column"),
    [
        ("CREATEDB", "NOCREATEDB", "rolcreatedb"),
        ("CREATEROLE", "NOCREATEROLE", "rolcreaterole"),
        ("CONNECTION LIMIT 7", "CONNECTION LIMIT -1", "rolconnlimit"),
        ("VALID UNTIL '2099-12-31 23:59:58.765+01'", "VALID UNTIL 'infinity'", "rolvaliduntil"),
    ],
)
def test_an_attribute_follows_and_goes(
    pair: PostgresPair, give: str, take: str, column: str
) -> None:
    seen = set()
    # In whatever style the admin's sessions show dates.
    pair.sql("ALTER ROLE {0} SET datestyle = 'SQL, DMY'", pair.admin)
    pair.sql("ALTER ROLE {0} SET timezone = 'Asia/Kolkata'", pair.admin)
    for change in (give, take):
        pair.rotate(pair.clone)
        pair.sql("ALTER ROLE {0} " + change, pair.app)
        with pytest.raises(TargetMismatch):
            pair.verify(pair.clone)
        pair.rotate(pair.clone)
        seen.add(same(pair, column))
    assert len(seen) == 2


@pytest.mark.parametrize("attribute", ["REPLICATION", "BYPASSRLS", "SUPERUSER"])
def test_an_attribute_of_superusers_follows_and_goes(
    by_superuser: PostgresPair, attribute: str
) -> None:
    column = {"SUPERUSER": "rolsuper"}.get(attribute, f"rol{attribute.lower()}")
    for word, value in ((attribute, "true"), ("NO" + attribute, "false")):
        by_superuser.sql("ALTER ROLE {0} " + word, by_superuser.app)
        by_superuser.rotate(by_superuser.clone)
        assert same(by_superuser, column) == value


SETTINGS = [
    "search_path = 'a b', \"$user\", public, ''",
    "search_path = ''",
    "temp_tablespaces = 'one', 'Two'",
    "datestyle = 'SQL, DMY'",
    "work_mem = '5MB'",
    "statement_timeout = 60000",
    "application_name = 'it''s 100% = \\ \"quoted\"'",
    "default_transaction_read_only = on",
]


@pytest.mark.parametrize("where", ["", " IN DATABASE {1}"])
def test_settings_follow_and_go(pair: PostgresPair, database: str, where: str) -> None:
    pair.rotate(pair.clone)
    for setting in SETTINGS:
        pair.sql("ALTER ROLE {0}" + where + " SET " + setting, pair.app, database)
        with pytest.raises(TargetMismatch):
            pair.verify(pair.clone)
        pair.rotate(pair.clone)
        name = setting.partition(" ")[0]
        shown = [pair.run(user, f"SHOW {name}", dbname=database) for user in (pair.app, pair.clone)]
        assert shown[0] == shown[1]
        assert settings(pair, pair.clone) - settings(pair, pair.app) == {f"role={pair.app}"}
    assert len(settings(pair, pair.app)) == len({s.partition(" ")[0] for s in SETTINGS})
    pair.sql("ALTER ROLE {0}" + where + " RESET ALL", pair.app, database)
    pair.rotate(pair.clone)
    assert settings(pair, pair.clone) == {f"role={pair.app}"}


def test_a_setting_stored_in_another_form_is_the_same(pair: PostgresPair) -> None:
    with pair.raw(pair.app) as connection:
        connection.execute("SELECT set_config('search_path', 'one,TWO, \"Three\"', false)")
        connection.execute("ALTER ROLE CURRENT_USER SET search_path FROM CURRENT")
    pair.rotate(pair.clone)
    assert 'search_path=one, two, "Three"' in settings(pair, pair.clone)


def test_an_original_that_acts_as_a_group(pair: PostgresPair, database: str) -> None:
    group, other = (f"group_{uuid.uuid4().hex[:8]}" for _ in range(2))
    for name in (group, other):
        pair.sql("CREATE ROLE {0}", name)
        pair.sql("GRANT {0} TO {1}", name, pair.app)
    for scope, expected in (
        ("ROLE {app} SET role = {other}", other),
        ("ROLE {app} RESET role", pair.app),
        ("DATABASE {database} SET role = {group}", group),
        ("ROLE {app} SET role = 'none'", pair.app),
        ("ROLE {app} IN DATABASE {database} SET role = {other}", other),
        ("ROLE {app} IN DATABASE {database} SET role = 'none'", pair.app),
    ):
        quoted = {key: f'"{value}"' for key, value in (
            ("app", pair.app), ("other", other), ("group", group), ("database", database)
        )}  # fmt: skip
        pair.sql("ALTER " + scope.format_map(quoted))
        pair.rotate(pair.clone, dbname=database)
        acting = [
            pair.run(user, "SELECT current_user::text", dbname=database)
            for user in (pair.app, pair.clone)
        ]
        assert acting == [[(expected,)]] * 2, scope


def test_a_role_that_the_clone_may_not_act_as_is_not_passed_over(pair: PostgresPair) -> None:
    """The original stays itself where its setting is wrong; the clone would be itself, too."""
    pair.sql("ALTER ROLE {0} SET role = 'no_such_role'", pair.app)
    pair.provision(pair.clone)
    with pytest.raises(TargetMismatch, match="acts as") as caught:
        pair.verify(pair.clone)
    assert "setting 'role'" in caught.value.do


def test_memberships_follow_and_go(pair: PostgresPair, database: str) -> None:
    """Through the original, so at once: the clone has none of its own."""
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("CREATE TABLE theirs (i int)", dbname=database)
    pair.sql("GRANT SELECT ON theirs TO {0}", group, dbname=database)
    pair.rotate(pair.clone)
    pair.sql("GRANT {0} TO {1}", group, pair.app)
    with pair.raw(pair.clone, database) as connection:
        for acting in ("", "SET ROLE none", f"SET ROLE {group}"):
            connection.execute(acting)
            connection.execute("SELECT * FROM theirs")
    pair.verify(pair.clone)
    pair.sql("REVOKE {0} FROM {1}", group, pair.app)
    with pair.raw(pair.clone, database) as connection:
        for acting in ("", "SET ROLE none"):
            connection.execute(acting)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM theirs")


def test_an_original_that_inherits_nothing(pair: PostgresPair, database: str) -> None:
    """Nor does the clone, yet it has what the original itself was granted, acting or not."""
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("ALTER ROLE {0} NOINHERIT", pair.app)
    pair.sql("GRANT {0} TO {1}", group, pair.app)
    pair.sql("CREATE TABLE theirs (i int); CREATE TABLE its (i int)", dbname=database)
    pair.sql("GRANT SELECT ON theirs TO {0}", group, dbname=database)
    pair.sql("GRANT SELECT ON its TO {0}", pair.app, dbname=database)
    pair.rotate(pair.clone)
    with pair.raw(pair.clone, database) as connection:
        for acting in ("RESET ROLE", "SET ROLE none"):
            connection.execute(acting)
            connection.execute("SELECT * FROM its")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("SELECT * FROM theirs")
    pair.rotate(pair.app)


def test_the_options_of_memberships_follow(postgres_server: Server) -> None:
    pair = PostgresPair(postgres_server)
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.rotate(pair.clone)
    for inherit, act in (("TRUE", "FALSE"), ("FALSE", "TRUE"), ("FALSE", "FALSE")):
        pair.sql("GRANT {0} TO {1} WITH INHERIT " + inherit + ", SET " + act, group, pair.app)
        for user in (pair.app, pair.clone):
            has = pair.run(
                user,
                "SELECT pg_has_role(u, {0}, 'USAGE'), pg_has_role(u, {0}, 'SET')"
                " FROM unnest(ARRAY[current_user, session_user]) AS u",
                Literal(group),
            )
            assert set(has) == {(inherit == "TRUE", act == "TRUE")}
    pair.verify(pair.clone)


def test_a_membership_of_the_clone_alone_goes(pair: PostgresPair) -> None:
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.run(pair.admin, "CREATE ROLE {0}", group)
    pair.rotate(pair.clone)
    pair.run(pair.admin, "GRANT {0} TO {1}", group, pair.clone)
    with pytest.raises(TargetMismatch, match=group):
        pair.verify(pair.clone)
    pair.rotate(pair.clone)
    assert not pair.sql(f"SELECT 1 WHERE pg_has_role('{pair.clone}', '{group}', 'MEMBER')")


@pytest.mark.parametrize(
    "name", ["per%cent %s", "two words", 'quo"te', "it's", "größe_Ä", "{brace}", "new\nline", "😀"]
)
def test_defect_11_any_name(postgres_server: Server, name: str) -> None:
    pair = PostgresPair(postgres_server, f"{name} {uuid.uuid4().hex[:6]}")
    pair.sql("ALTER ROLE {0} SET work_mem = '5MB'", pair.app)
    pair.rotate(pair.clone)
    pair.rotate(pair.app)
    assert pair.run(pair.clone, "SELECT current_user::text") == [(pair.app,)]


def test_the_longest_name(postgres_server: Server) -> None:
    name = ("ä" * 60)[: (63 - len("_clone") - 7) // 2] + uuid.uuid4().hex[:7]
    pair = PostgresPair(postgres_server, name)
    assert len(pair.clone.encode()) == 63
    pair.rotate(pair.clone)
    pair.rotate(pair.app)


def test_a_user_whose_own_name_ends_in_clone(any_postgres_server: Server) -> None:
    """Its twin is made as its clone: what the server shows counts, not the names."""
    pair = PostgresPair(any_postgres_server)
    named_clone = pair.clone
    pair.run(pair.admin, "ALTER ROLE {0} RENAME TO {1}", pair.app, named_clone)
    pair.run(pair.admin, "ALTER ROLE {0} PASSWORD 'other-password'", named_clone)
    pair.passwords[named_clone] = "other-password"
    pair.rotate(pair.app)
    assert pair.run(pair.app, "SELECT current_user::text") == [(named_clone,)]
    pair.rotate(named_clone)
    assert pair.run(named_clone, "SELECT current_user::text") == [(named_clone,)]


def same(pair: PostgresPair, column: str) -> str:
    """What both have."""
    rows = pair.sql(
        "SELECT coalesce({0}::text, 'infinity') FROM pg_roles WHERE rolname IN ({1}, {2})",
        column,
        Literal(pair.app),
        Literal(pair.clone),
    )
    assert len(rows) == 2
    assert rows[0] == rows[1]
    return str(rows[0][0])


def settings(pair: PostgresPair, user: str) -> set[str]:
    rows = pair.sql(
        "SELECT entry FROM pg_db_role_setting, unnest(setconfig) AS entry"
        " WHERE setrole = {0}::regrole",
        Literal(user),
    )
    return {str(row[0]) for row in rows}
