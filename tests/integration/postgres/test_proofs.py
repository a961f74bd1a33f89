"""Who controls one PostgreSQL user cannot have the admin change another one."""

import re
import uuid

import pytest
from psycopg.sql import Literal

from local.servers import Server
from shared.errors import TargetMismatch
from tests.integration.postgres.pairs import INITIAL, PostgresPair, never

KNOWN = "what its maker knows"


@pytest.fixture
def pair(any_postgres_server: Server) -> PostgresPair:
    """Where `app_clone` is the user of somebody else."""
    pair = PostgresPair(any_postgres_server)
    stranger(pair)
    return pair


def stranger(pair: PostgresPair) -> None:
    pair.run(pair.admin, f"CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'", pair.clone)
    pair.run(pair.admin, "ALTER ROLE {0} SET search_path = theirs", pair.clone)
    pair.passwords[pair.clone] = INITIAL


def assert_untouched(pair: PostgresPair, twin: str) -> str:
    """What to do."""
    before = [pair.state(user) for user in (pair.app, pair.clone)]
    with pytest.raises(TargetMismatch) as caught:
        pair.provision(twin, proves_ownership=lambda: False)
    assert [pair.state(user) for user in (pair.app, pair.clone)] == before
    return caught.value.do


def test_who_is_granted_a_user_does_not_become_its_clone(pair: PostgresPair) -> None:
    """Who may administer `app`, on some versions itself, decides who its members are."""
    pair.run(pair.admin, "GRANT {0} TO {1}", pair.app, pair.clone)
    assert_untouched(pair, pair.clone)


def test_nor_does_who_is_granted_a_user_named_as_its_clone(any_postgres_server: Server) -> None:
    """`mallory` may make roles, on 16 and newer a right over those only."""
    pair, mallory = PostgresPair(any_postgres_server), f"mallory_{uuid.uuid4().hex[:8]}"
    pair.sql(f"CREATE ROLE {{0}} LOGIN CREATEROLE PASSWORD '{KNOWN}'", mallory)
    pair.passwords |= {mallory: KNOWN, pair.clone: KNOWN}
    pair.run(mallory, f"CREATE ROLE {{0}} LOGIN PASSWORD '{KNOWN}'", pair.clone)
    pair.run(mallory, "GRANT {0} TO {1}", pair.clone, pair.app)
    assert_untouched(pair, pair.app)


def test_to_act_as_the_same_group_is_no_proof(pair: PostgresPair) -> None:
    """A user may say so of itself."""
    group = f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("GRANT {0} TO {1}, {2}; GRANT {1} TO {2}", group, pair.app, pair.clone)
    for user in (pair.app, pair.clone):
        pair.sql("ALTER ROLE {0} SET role = {1}", user, group)
    assert_untouched(pair, pair.clone)


def test_a_clone_whose_original_acts_as_a_group_is_proven(any_postgres_server: Server) -> None:
    pair, group = PostgresPair(any_postgres_server), f"group_{uuid.uuid4().hex[:8]}"
    pair.sql("CREATE ROLE {0}", group)
    pair.sql("GRANT {0} TO {1}", group, pair.app)
    pair.sql("ALTER ROLE {0} SET role = {1}", pair.app, group)
    for _ in range(2):
        pair.rotate(pair.clone)
        pair.rotate(pair.app)
    pair.sql("ALTER ROLE {0} RESET role", pair.app)
    pair.rotate(pair.clone)
    rows = pair.sql("SELECT 1 FROM pg_db_role_setting WHERE 'role=' || {0} = ANY (setconfig)",
                    Literal(pair.app))  # fmt: skip
    assert len(rows) == 1


def test_a_clone_that_owns_something_is_asked_after_once(pair: PostgresPair) -> None:
    pair.run(pair.admin, "GRANT {0} TO {1}", pair.app, pair.clone)
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.clone)
    pair.provision(pair.clone, proves_ownership=lambda: True)
    pair.verify(pair.clone)
    pair.provision(
        pair.clone, proves_ownership=never
    )  # the retry: its old password does not work any more
    pair.verify(pair.clone)
    assert pair.run(pair.clone, "SELECT current_user::text") == [(pair.clone,)]


def test_adopted_by_hand_it_keeps_what_it_owns(pair: PostgresPair) -> None:
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.clone)
    do = assert_untouched(pair, pair.clone)
    assert "'postgres'" in do
    pair.sql(do.partition(": ")[2].split(" (REASSIGN")[0])
    pair.rotate(pair.clone)
    pair.run(pair.clone, "DROP SCHEMA {0}", pair.clone)


@pytest.mark.parametrize(
    "options", ["INHERIT FALSE, SET FALSE", "ADMIN TRUE, INHERIT FALSE, SET FALSE"]
)
def test_a_membership_without_any_right_is_no_proof(postgres_server: Server, options: str) -> None:
    """Such as for a line `+group` of pg_hba.conf, or that of who creates a role."""
    pair = PostgresPair(postgres_server)
    stranger(pair)
    pair.run(pair.admin, "GRANT {0} TO {1} WITH " + options, pair.clone, pair.app)
    assert_untouched(pair, pair.clone)
    for user in (pair.app, pair.clone):
        with pytest.raises(TargetMismatch):
            pair.verify(user)


def test_who_makes_a_role_named_as_its_clone_is_not_its_clone(
    any_postgres_server: Server,
) -> None:
    """PostgreSQL 16 and newer make the maker a member, and it owns things of its own."""
    pair = PostgresPair(any_postgres_server)
    pair.run(pair.admin, "ALTER ROLE {0} CREATEROLE", pair.app)
    pair.run(pair.app, f"CREATE ROLE {{0}} LOGIN PASSWORD '{KNOWN}'", pair.clone)
    pair.passwords[pair.clone] = KNOWN
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.app)
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.clone)
    for twin in (pair.clone, pair.app):
        assert_untouched(pair, twin)
    owners = pair.sql(
        "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname IN ({0}, {1}) ORDER BY 1",
        Literal(pair.app), Literal(pair.clone),
    )  # fmt: skip
    assert owners == [(pair.app,), (pair.clone,)]


def test_another_copy_adopts_it_meanwhile(pair: PostgresPair) -> None:
    """Then the old password is no proof any more, but the server shows it."""

    def other_copy_first() -> bool:
        pair.provision(pair.clone, proves_ownership=lambda: True, password="same")
        return False

    pair.provision(pair.clone, proves_ownership=other_copy_first, password="same")
    pair.verify(pair.clone)


def state(pair: PostgresPair) -> list[object]:
    owner = "SELECT nspowner::regrole::text FROM pg_namespace WHERE nspname = {0}"
    return [
        *(pair.state(user) for user in (pair.app, pair.clone)),
        pair.sql(owner, Literal(pair.app)),
    ]


@pytest.fixture
def turned(pair: PostgresPair) -> PostgresPair:
    """`app`, which owns something, was made a member of `app_clone`: the wrong way round?"""
    pair.sql("CREATE SCHEMA {0} AUTHORIZATION {0}", pair.app)
    pair.sql("GRANT CREATE ON DATABASE postgres TO {0}, {1}", pair.app, pair.clone)
    pair.run(pair.admin, "GRANT {0} TO {1}", pair.clone, pair.app)
    pair.proves_ownership = lambda: True
    return pair


def refusal_of(pair: PostgresPair, twin: str) -> tuple[str, str]:
    """Nothing is changed; the SQL for each of the two that may be the original."""
    before = state(pair)
    with pytest.raises(TargetMismatch, match="not certain") as caught:
        pair.provision(twin)
    with pytest.raises(TargetMismatch, match="not certain"):
        pair.check(twin)
    assert state(pair) == before
    said = re.fullmatch(r"as .*, as the names say: (.*); if it is '.*': (.*)", caught.value.do)
    assert said
    return said[1], said[2]


@pytest.mark.parametrize("twin", ["clone", "app"])
def test_of_a_membership_the_wrong_way_round_nothing_is_made_of(
    turned: PostgresPair, twin: str
) -> None:
    as_named, _ = refusal_of(turned, getattr(turned, twin))
    turned.sql(as_named)
    if twin == "app":  # its clone is current, and nothing shows that the two belong together
        turned.run(turned.admin, "GRANT {0} TO {1}", turned.app, turned.clone)
    turned.rotate(getattr(turned, twin))
    for user in (turned.app, turned.clone) * 2:
        turned.rotate(user)
    assert turned.run(turned.clone, "SELECT current_user::text") == [(turned.app,)]
    assert state(turned)[-1] == [(turned.app,)]


@pytest.mark.parametrize("twin", ["clone", "app"])
def test_an_original_of_another_name_is_followed_when_its_clone_says_so(
    turned: PostgresPair, twin: str
) -> None:
    """As AWS's function leaves the pair of a user really named `app_clone`."""
    _, as_granted = refusal_of(turned, getattr(turned, twin))
    turned.sql(as_granted)
    if twin == "app":  # it owns something that only it may give away, when it is current
        turned.rotate(turned.app)
    for user in (turned.clone, turned.app) * 2:
        turned.rotate(user)
    assert turned.run(turned.app, "SELECT current_user::text") == [(turned.clone,)]
    assert state(turned)[-1] == [(turned.clone,)]
