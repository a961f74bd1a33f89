"""The SQL that a message or a page gives: run as told, on the server that asked; then it goes on.

TRIED says of every piece of it which test does so.
"""

import ast
import re
import uuid
from collections.abc import Iterator

import pytest
from psycopg.sql import Literal

from local.bootstrap import ROOT
from local.kinds import TESTING
from local.servers import Server
from shared.errors import Forbidden, Misconfigured, RotationError, TargetMismatch
from shared.secret import Secret
from tests.integration.postgres.pairs import INITIAL, PostgresPair

# --- what an admin lacks ---


@pytest.fixture
def pair(any_postgres_server: Server) -> PostgresPair:
    return PostgresPair(any_postgres_server)


def sql_in(do: str) -> str:
    """The statements that it tells to run."""
    return do.partition("as a role that may: ")[2].replace("{", "{{").replace("}", "}}")


def states(pair: PostgresPair) -> list[object]:
    return [pair.state(user) for user in (pair.app, pair.clone, pair.admin)]


def heal(pair: PostgresPair, twin: str) -> str:
    """The rotation is denied, with nothing changed, and goes on when its SQL was run, once."""
    before = states(pair)
    with pytest.raises(Forbidden) as caught:
        pair.provision(twin)
    with pytest.raises(Forbidden) as checked:
        pair.check(twin)
    assert states(pair) == before
    advice = sql_in(caught.value.do)
    assert advice
    # What is checked early takes all of that, and maybe what the rotation after it takes.
    assert set(advice.split("; ")) <= set(sql_in(checked.value.do).split("; "))
    pair.sql(advice)
    pair.rotate(twin)
    return advice


def of_aws(pair: PostgresPair) -> None:
    """A pair as AWS's function leaves it, made by another admin, or come by an upgrade from 15."""
    pair.sql(f"CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'", pair.clone)
    pair.sql("GRANT {0} TO {1}", pair.app, pair.clone)
    pair.sql("ALTER ROLE {0} CONNECTION LIMIT 9", pair.app)
    pair.passwords[pair.clone] = INITIAL
    pair.proves_ownership = lambda: True


NEWER = ["postgres_16_server", "postgres_server", "postgres_18_server"]


@pytest.mark.parametrize("server", NEWER, indirect=True)
@pytest.mark.parametrize("first", ["clone", "app"])
def test_an_admin_that_made_only_one_of_the_two(server: Server, first: str) -> None:
    pair = PostgresPair(server)
    of_aws(pair)
    twins = [pair.clone, pair.app] if first == "clone" else [pair.app, pair.clone]
    if first == "app":  # the rotation back goes well, and the check of it says what comes next
        with pytest.raises(Forbidden) as caught:
            pair.check(pair.app)
        pair.rotate(pair.app)
        pair.sql(sql_in(caught.value.do))
    else:
        assert "ADMIN TRUE" in heal(pair, pair.clone)
    for twin in twins * 2:
        pair.rotate(twin)


@pytest.mark.parametrize("server", NEWER, indirect=True)
@pytest.mark.parametrize("options", ["INHERIT TRUE, SET TRUE", "INHERIT FALSE, SET TRUE"])
def test_a_membership_that_is_there_without_admin_keeps_its_options(
    server: Server, options: str
) -> None:
    pair = PostgresPair(server)
    of_aws(pair)
    pair.sql("REVOKE {0} FROM {1} CASCADE", pair.app, pair.admin)
    pair.sql("GRANT {0} TO {1} WITH INHERIT TRUE, SET TRUE", pair.app, pair.clone)
    for user in (pair.app, pair.clone):
        pair.sql("GRANT {0} TO {1} WITH " + options, user, pair.admin)
    advice = heal(pair, pair.clone)
    assert advice.count(options) == 2
    pair.rotate(pair.app)
    pair.rotate(pair.clone)


def test_an_admin_that_may_do_nothing_yet(pair: PostgresPair) -> None:
    pair.sql("REVOKE {0} FROM {1} CASCADE", pair.app, pair.admin)
    pair.sql("ALTER ROLE {0} NOCREATEROLE NOCREATEDB", pair.admin)
    with pytest.raises(Forbidden) as caught:
        pair.provision(pair.clone)
    pair.sql(sql_in(caught.value.do))
    if pair.server.version[:2] >= "16":
        heal(pair, pair.clone)
    pair.rotate(pair.clone)
    pair.rotate(pair.app)


ATTRIBUTES = ["CREATEDB", "BYPASSRLS", "REPLICATION", "SUPERUSER", "CREATEDB BYPASSRLS REPLICATION"]


@pytest.mark.parametrize("attributes", ATTRIBUTES)
@pytest.mark.parametrize("when", ["before its first rotation", "after it"])
def test_an_attribute_that_the_admin_may_not_give(
    pair: PostgresPair, attributes: str, when: str
) -> None:
    """To a clone that the failed rotation has made, and unmade, as to one that was there."""
    pair.sql("ALTER ROLE {0} NOCREATEDB", pair.admin)
    if when == "after it":
        pair.rotate(pair.clone)
        pair.rotate(pair.app)
    pair.sql("ALTER ROLE {0} " + attributes, pair.app)
    if attributes == "CREATEDB" and pair.server.version < "16":
        pair.rotate(pair.clone)  # CREATEROLE is the right to give that
    else:
        heal(pair, pair.clone)
    pair.rotate(pair.app)
    pair.rotate(pair.clone)


def test_more_rights_than_one_are_told_at_once(pair: PostgresPair) -> None:
    """A parameter that is for superusers, and an attribute."""
    pair.sql("ALTER ROLE {0} SET log_statement = 'none'", pair.app)
    pair.sql("ALTER ROLE {0} SET my.thing = 'confidential'", pair.app)
    pair.sql("ALTER ROLE {0} BYPASSRLS", pair.app)
    assert "confidential" not in heal(pair, pair.clone)


def test_a_stranger_is_adopted_whole(pair: PostgresPair) -> None:
    """Although it has a membership without its rights already."""
    pair.run(pair.admin, f"CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'", pair.clone)
    pair.passwords[pair.clone] = INITIAL
    if pair.server.version >= "16":
        pair.sql("GRANT {0} TO {1} WITH INHERIT FALSE, SET FALSE", pair.app, pair.clone)
    with pytest.raises(TargetMismatch) as caught:
        pair.provision(pair.clone, proves_ownership=lambda: False)
    pair.sql(caught.value.do.partition(": ")[2].partition("; if not")[0])
    pair.rotate(pair.clone)
    pair.rotate(pair.app)


def test_who_has_a_membership_from_the_clone(pair: PostgresPair) -> None:
    group, other = (f"group_{uuid.uuid4().hex[:8]}" for _ in range(2))
    pair.rotate(pair.clone)
    for name in (group, other):
        pair.run(pair.admin, "CREATE ROLE {0}", name)
    pair.run(pair.admin, "GRANT {0} TO {1} WITH ADMIN OPTION", group, pair.clone)
    with pair.raw(pair.clone) as connection:
        connection.execute("SET ROLE none")
        connection.execute(f"GRANT {group} TO {other}".encode())
    if pair.server.version < "16":  # it is the same membership whoever granted it
        pair.rotate(pair.clone)
        return
    with pytest.raises(TargetMismatch, match="2BP01") as caught:
        pair.provision(pair.clone)
    pair.sql(sql_in(caught.value.do))
    pair.rotate(pair.clone)


def test_the_admin_of_a_single_user(pair: PostgresPair) -> None:
    pair.sql("ALTER ROLE {0} NOCREATEROLE", pair.admin)
    pair.sql("REVOKE {0} FROM {1} CASCADE", pair.app, pair.admin)

    def set_password() -> None:
        with (
            pair.engine.connect(pair.login(pair.app)) as session,
            pair.engine.connect(pair.login(pair.admin)) as by,
        ):
            session.set_password(Secret("new"), by=by)

    before = states(pair)
    with (
        pair.engine.connect(pair.login(pair.app)) as session,
        pair.engine.connect(pair.login(pair.admin)) as by,
        pytest.raises(Forbidden) as checked,
    ):
        session.check_may_set_password(by=by)
    with pytest.raises(Forbidden) as caught:
        set_password()
    assert checked.value.do == caught.value.do
    assert states(pair) == before
    pair.sql(sql_in(caught.value.do))
    set_password()


def test_what_is_checked_is_not_changed(pair: PostgresPair) -> None:
    for twin in (pair.clone, pair.app, pair.clone):
        before = states(pair)
        with (
            pair.engine.connect(pair.login(pair.app)) as session,
            pair.engine.connect(pair.login(pair.admin)) as by,
        ):
            session.check_may_set_password(by=by)
        pair.check(twin)
        assert states(pair) == before
        pair.rotate(twin)


# --- what is refused at the login ---


@pytest.mark.parametrize(
    ("undo", "kind"),
    [
        ("ALTER ROLE {0} NOLOGIN", Forbidden),
        ("REVOKE CONNECT ON DATABASE {1} FROM PUBLIC", Forbidden),
        ("ALTER DATABASE {1} ALLOW_CONNECTIONS false", Misconfigured),
    ],
)
def test_a_login_that_is_refused(pair: PostgresPair, undo: str, kind: type[RotationError]) -> None:
    database = f'a "quoted" {uuid.uuid4().hex[:8]}'
    pair.sql("CREATE DATABASE {0}", database)
    pair.sql(undo, pair.app, database)
    with pytest.raises(kind) as caught:
        pair.engine.connect(pair.login(pair.app, database)).__enter__()
    pair.sql(re.split("as [^:]*: ", caught.value.do)[1])
    with pair.engine.connect(pair.login(pair.app, database)) as session:
        session.ping()
    pair.sql("DROP DATABASE {0}", database)


# --- none is left out ---

_VERBS = (
    "ALTER (ROLE|USER|DATABASE)|GRANT|REVOKE|REASSIGN OWNED|CREATE (ROLE|USER)|"
    "DROP (ROLE|OWNED)|SELECT pg_banned_role_reset"
)
_SQL = re.compile(rf"\b({_VERBS})\b")
OF_ATTRIBUTES = "test_an_attribute_that_the_admin_may_not_give"
OF_WRITERS = "test_a_server_that_would_write_it_down_is_kept_from_it"
OF_ADOPTION = "test_a_stranger_is_adopted_whole"
ONE_OF_TWO = "test_an_admin_that_made_only_one_of_the_two"
RIGHT_OF_CLONE = "test_a_right_that_awss_clone_alone_has"
SURPLUS = "test_a_membership_of_the_clone_that_somebody_else_granted"
DOCUMENTED = "test_these_rights_are_enough_and_none_is_too_many"
AFTER_AWS = "test_what_awss_clone_owns_elsewhere_is_not_forgotten"
# Only the function itself runs it.
RUN = ""
# Nothing here has what it is about: Amazon RDS, and a module that no package brings.
UNTRIED = "untried"
BY_A_RIGHT = "test_postgresql_shows_everybody_who_and_the_address_by_a_right"
TRIED = {
    "sessions.py": {"GRANT pg_read_all_stats TO {}": BY_A_RIGHT},
    "answers/server.py": {
        "as a role that may: ALTER ROLE {user} LOGIN": "test_a_login_that_is_refused",
        "correct 'dbname', or as its owner: ALTER DATABASE {dbname} ALLOW_CONNECTIONS true": (
            "test_a_login_that_is_refused"
        ),
        "correct 'dbname', or as its owner: GRANT CONNECT ON DATABASE {dbname} TO {user}": (
            "test_a_login_that_is_refused"
        ),
        (
            "find out who tried wrong passwords, then lift the ban; of credcheck, as a superuser: "
            "SELECT pg_banned_role_reset({user_text})"
        ): "test_a_ban_is_no_wrong_password",
    },
    "catalog.py": {
        "REVOKE {} FROM {}": "test_of_a_membership_the_wrong_way_round_nothing_is_made_of",
        "ALTER ROLE {} IN DATABASE {} SET role = {}": (
            "test_an_original_of_another_name_is_followed_when_its_clone_says_so"
        ),
    },
    "clones.py": {
        "CREATE ROLE {} LOGIN": RUN,
        "GRANT {} TO {}": OF_ADOPTION,
        "ALTER ROLE {} ": OF_ATTRIBUTES,
        "CREATE ROLE {} LOGIN BYPASSRLS": OF_ATTRIBUTES,
        "ALTER ROLE {} SET role = {}": OF_ATTRIBUTES,
        "ALTER ROLE {} {} {}": RUN,
        "REVOKE ADMIN OPTION FOR {} FROM {}": SURPLUS,
        "REVOKE {} FROM {}": SURPLUS,
    },
    "comparison.py": {
        "in each of them, as a superuser or as the clone: REASSIGN OWNED BY ": AFTER_AWS,
        "ALTER ROLE ": RIGHT_OF_CLONE,
        "GRANT ": RIGHT_OF_CLONE,
    },
    "grants.py": {
        (
            "'GRANT ' || missing.privileges || ' ON ' || object.called || ' TO ' ||"
            " quote_ident(%(name)s) || CASE WHEN missing.is_grantable THEN ' WITH GRANT OPTION'"
            " ELSE '' END"
        ): RIGHT_OF_CLONE,
    },
    "passwords.py": {
        "ALTER ROLE {} PASSWORD {}": RUN,
        "ALTER ROLE {} SET log_min_messages = 'warning'": OF_WRITERS,
        "ALTER ROLE {} SET log_parser_stats = 'off'": OF_WRITERS,
        "ALTER ROLE {} SET log_planner_stats = 'off'": OF_WRITERS,
        "ALTER ROLE {} SET log_executor_stats = 'off'": OF_WRITERS,
        "ALTER ROLE {} SET pg_stat_statements.track = 'top'": OF_WRITERS,
        "ALTER ROLE {} SET pg_stat_monitor.pgsm_track = 'top'": UNTRIED,
        "GRANT TEMPORARY ON DATABASE {} TO {}": "test_a_user_that_may_make_no_temporary_table",
    },
    "provisioning.py": {
        "GRANT {original} TO {clone}": OF_ADOPTION,
        "REASSIGN OWNED BY {clone} TO {original}": "test_adopted_by_hand_it_keeps_what_it_owns",
        "ALTER ROLE {clone} SET role = {name}": OF_ADOPTION,
        "REASSIGN OWNED BY {} TO {}": "test_a_function_that_may_not_be_handed_over",
        "GRANT rds_password TO {}": UNTRIED,
    },
    "rights.py": {
        "GRANT {} TO {} WITH ADMIN TRUE": ONE_OF_TWO,
        "ALTER ROLE {} ": OF_ATTRIBUTES,
        "GRANT SET ON PARAMETER {} TO {}": "test_more_rights_than_one_are_told_at_once",
    },
    "settings.py": {"ALTER ROLE {}": RUN},
    "validity.py": {
        "ALTER ROLE {} VALID UNTIL 'infinity'": "test_a_role_whose_time_ends_is_warned_of",
    },
    "docs/secrets.md": {
        "GRANT CONNECT ON DATABASE postgres TO app": "test_the_sql_of_a_page_is_run_as_it_stands",
        "GRANT TEMPORARY ON DATABASE postgres TO app": "test_the_sql_of_a_page_is_run_as_it_stands",
        "CREATE ROLE app LOGIN PASSWORD 'initial-password';": (
            "test_the_sql_gives_all_the_rights_that_a_rotation_takes"
        ),
    },
    "docs/strategies.md": {
        "GRANT pg_read_all_stats TO rotation_admin": BY_A_RIGHT,
        "ALTER ROLE app_clone SET role = app": "test_the_sql_of_a_page_is_run_as_it_stands",
        "GRANT rds_password TO app;": UNTRIED,
        "ALTER ROLE rotation_admin CREATEROLE;": DOCUMENTED,
        "GRANT app TO rotation_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;": DOCUMENTED,
        "GRANT app_clone TO rotation_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;": DOCUMENTED,
        "ALTER ROLE rotation_admin CREATEDB;": DOCUMENTED,
        "GRANT SET ON PARAMETER log_statement TO rotation_admin;": DOCUMENTED,
        "CREATE ROLE rotation_admin LOGIN PASSWORD 'admins-password';": DOCUMENTED,
    },
    "docs/from-aws-functions.md": {
        "REASSIGN OWNED BY app_clone TO app;": "test_the_sql_of_a_page_is_run_as_it_stands",
        "GRANT app TO app_clone;": "test_the_sql_of_a_page_is_run_as_it_stands",
        "ALTER ROLE app_clone SET role = 'app';": "test_the_sql_of_a_page_is_run_as_it_stands",
        "ALTER ROLE rotation_admin CREATEROLE;": ONE_OF_TWO,
        "GRANT app TO rotation_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;": ONE_OF_TWO,
        "GRANT app_clone TO rotation_admin WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;": ONE_OF_TWO,
    },
    "docs/operating.md": {
        "REASSIGN OWNED BY app_clone TO app": "test_the_sql_of_a_page_is_run_as_it_stands",
    },
}


def told() -> Iterator[tuple[str, str]]:
    """Each text with SQL in the function's code, and each statement of a page, by its file."""
    folder = ROOT / "rotators" / "postgres"
    for path in sorted(folder.rglob("*.py")):
        if TESTING not in path.parts:
            for text in _texts(ast.parse(path.read_text())):
                yield str(path.relative_to(folder)), text
    for path in sorted((ROOT / "docs").rglob("*.md")):
        for statement in _statements(path.read_text()):
            yield str(path.relative_to(ROOT)), statement


def _texts(tree: ast.Module) -> Iterator[str]:
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    kept = [ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, documented)]
    for text in (node.value for node in nodes if isinstance(node.value, str)):
        if _SQL.search(text) and text not in kept and not text.startswith("DECLARE"):
            yield text


def _statements(page: str) -> Iterator[str]:
    """Those for PostgreSQL: in its own blocks, and in a sentence."""
    blocks = re.compile(r"^```sql\n(?:-- ([^\n]*)\n)?(.*?)^```$", re.MULTILINE | re.DOTALL)
    for title, code in blocks.findall(page):
        if "MySQL" not in title and "MariaDB" not in title and "'@'" not in code:
            yield from code.splitlines()
    for quoted in re.findall(r"`([^`\n]+)`", page):
        if re.match(rf"({_VERBS}) \S+ ", quoted) and "..." not in quoted and "'@'" not in quoted:
            yield quoted


def test_every_piece_of_sql_is_tried() -> None:
    found = set(told())
    assert len(found) > 30
    assert found == {(file, text) for file, texts in TRIED.items() for text in texts}


def test_by_a_test_that_is_there() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    names = {name for texts in TRIED.values() for name in texts.values()} - {RUN, UNTRIED}
    assert not [name for name in names if f"def {name}(" not in tests]


def test_the_sql_of_a_page_is_run_as_it_stands(pair: PostgresPair) -> None:
    """Of a pair that belongs together, which nothing shows; by names of its own."""
    pair.run(pair.admin, f"CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'", pair.clone)
    pair.passwords[pair.clone] = INITIAL
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.clone)
    names = {"app": pair.app, "app_clone": pair.clone, "rotation_admin": pair.admin}
    for file in ("secrets", "from-aws-functions", "operating", "strategies"):
        for text, test in TRIED[f"docs/{file}.md"].items():
            if test == "test_the_sql_of_a_page_is_run_as_it_stands":
                pair.sql(re.sub(r"\w+", lambda word: names.get(word[0], word[0]), text))
    owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = {0}"
    assert pair.sql(owner, Literal(pair.clone)) == [(pair.app,)]
    for user in (pair.clone, pair.app):
        pair.rotate(user)
    for user in (pair.app, pair.clone):
        pair.sql("DROP OWNED BY {0}", user)
