"""The suite notices what it is there for: a backend that breaks a promise fails a named test.

The backend is the example of docs/adding-a-backend.md, in a copy of the tree.
"""

from typing import NamedTuple

import pytest

from tests.fixtures.example import Tree

ENGINE, ERRORS, CLIENT = (f"rotators/ledger/{name}.py" for name in ("engine", "errors", "client"))
SUITE = "tests/conformance/test_ledger.py"


class Mutant(NamedTuple):
    """What is broken: in a file, instead of a text another; and the test that has to fail."""

    what: str
    file: str
    good: str
    bad: str
    killer: str


MUTANTS = [
    Mutant(
        "TLS is not verified",
        ENGINE,
        "        return cls(DatabaseAuthorities.from_environment(environment))",
        "        authorities = DatabaseAuthorities.from_environment(environment)\n"
        "        context = authorities.context('any')\n"
        "        context.check_hostname, context.verify_mode = False, 0\n"
        "        return cls(authorities)",
        "test_another_authority_than_the_functions_is_not_trusted",
    ),
    Mutant(
        "no wait ends",
        CLIENT,
        "timeout=ANSWER_SECONDS",
        "timeout=None",
        "test_a_target_that_says_nothing_is_not_waited_for_for_ever",
    ),
    Mutant(
        "the driver's text is in every error",
        ERRORS,
        'f"code {error.code}"',
        'f"code {error.args}"',
        "test_no_error_has_a_value",
    ),
    Mutant(
        "a change is forgotten by a restart",
        ENGINE,
        "        session.ask(save=1)\n",
        "",
        "test_a_restart_of_the_server_forgets_nothing",
    ),
    Mutant(
        "what a crash left half done is not completed",
        ENGINE,
        "        session.ask(save=1)\n",
        "            session.ask(save=1)\n",
        "test_a_connection_that_is_lost_anywhere_in_setsecret_is_made_good",
    ),
    Mutant(
        "no compare-and-set",
        ENGINE,
        "was=_hash(self._login.password)",
        'was=""',
        "test_a_copy_that_is_overtaken_after_its_last_look_locks_nobody_out",
    ),
    Mutant(
        "a ping does nothing",
        ENGINE,
        "        self.ask(ping=1)",
        "        return",
        "test_a_ping_is_answered_by_the_server",
    ),
    Mutant(
        "the password is in the command",
        ENGINE,
        "session.ask(set=username, ",
        "session.ask(set=username, old=password.reveal(), ",
        "test_no_value_is_in_what_the_target_was_told_in_clear",
    ),
    Mutant(
        "a refused password is told as an outage",
        ERRORS,
        "401: ErrorRow(Rejected,",
        "401: ErrorRow(Busy,",
        "test_testsecret_refuses_what_was_not_installed",
    ),
    Mutant(
        "an outage is told as a refused password",
        ERRORS,
        "(_FAULTS.row(error) or _FAULTS.no_answer).error(where)",
        "_BY_CODE[401].error(where)",
        "test_a_target_that_does_not_answer_is_not_a_refusal",
    ),
    Mutant(
        "the password is not set",
        ENGINE,
        "session.ask(set=username, hash=_hash(password), was=_hash(self._login.password))",
        "session.ping()",
        "test_a_rotation_ends_with_a_new_credential_that_works",
    ),
    Mutant(
        "the password is printed",
        ENGINE,
        "        session, username = by or self, self._login.username",
        "        session, username = by or self, self._login.username\n"
        "        print(password.reveal())",
        "test_no_value_of_any_version_is_in_the_output",
    ),
    Mutant(
        "a user of a like name is changed as well",
        ENGINE,
        "        session.ask(save=1)\n",
        '        session.ask(set=f"{username} other", hash=_hash(password), was="")\n'
        "        session.ask(save=1)\n",
        "test_nobody_elses_credential_is_touched",
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.what)
def test_a_mutant_is_killed_by_a_test_of_this_name(mutant: Mutant, example: Tree) -> None:
    file = example.root / mutant.file
    good = file.read_text()
    assert good.count(mutant.good) == 1
    file.write_text(good.replace(mutant.good, mutant.bad))
    try:
        options = ("-q", "-p", "no:cacheprovider", "--timeout=20")
        done = example.run("pytest", *options, SUITE, "-k", mutant.killer)
    finally:
        file.write_text(good)
    assert done.returncode == 1, done.stdout[-3000:] + done.stderr[-2000:]
    assert f"::{mutant.killer}" in done.stdout
    assert "ImportError" not in done.stdout
    assert "SyntaxError" not in done.stdout
