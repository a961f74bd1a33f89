"""SCRAM verifiers made here are those that libpq makes."""

from psycopg.pq import PGconn

from rotators.postgres import scram
from shared.secret import Secret

PASSWORD = "correct horse battery staple"


def test_a_verifier_is_of_its_password_alone() -> None:
    made = scram.verifier(Secret(PASSWORD))
    assert made
    assert made != scram.verifier(Secret(PASSWORD))  # another salt
    assert scram.is_of(made, Secret(PASSWORD))
    assert scram.is_of(made, Secret(f"{PASSWORD}s")) is False


def test_libpqs_verifier_has_the_same_form() -> None:
    nowhere = PGconn.connect_start(b"host=127.0.0.1 port=1")
    theirs = nowhere.encrypt_password(PASSWORD.encode(), b"app", b"scram-sha-256").decode()
    ours = scram.verifier(Secret(PASSWORD))
    assert ours
    assert scram.is_of(theirs, Secret(PASSWORD))
    assert [len(part) for part in ours.split("$")] == [len(part) for part in theirs.split("$")]
    assert ours.split(":")[0].split("$")[:2] == theirs.split(":")[0].split("$")[:2]


def test_what_sasl_prep_may_change_is_left_to_libpq() -> None:
    made = scram.verifier(Secret(PASSWORD))
    assert made
    assert scram.verifier(Secret("pässword")) is None
    assert scram.is_of(made, Secret("pässword")) is None
