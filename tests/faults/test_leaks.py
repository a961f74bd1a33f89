"""No value that a rotation made is in any log, file, view or argument: conftest.py's `silence`.

It searches where each process of the run ends; here, that it would find what there is to find.
"""

import base64
from pathlib import Path

import pytest

from tests.faults.cases import CASES, KEYS, Case
from tests.faults.crashing_secret import Hospital
from tests.faults.leaks import forms, search, searched, values
from tests.lab import Lab

ROTATED = [case for case in CASES if not case.first and "15" not in case.name]


@pytest.mark.parametrize("case", [case for case in ROTATED if case not in KEYS], ids=str)
def test_what_a_rotation_made_is_looked_for(
    case: Case, hospital: Hospital, lab: Lab, sandbox_log: Path
) -> None:
    """Each ends in a failed step as well, which tells most."""
    patient = hospital(case)
    patient.ready()
    patient.secret.store({**patient.secret.value(), "password": "not-the-password-any-more"})
    assert patient.rotate() in ("failed", "succeeded")
    assert str(patient.secret.value("AWSPREVIOUS")["password"]) in values(lab)
    assert patient.secret.arn in sandbox_log.read_text()


@pytest.mark.parametrize("form", range(10))
def test_what_is_planted_is_found(tmp_path: Path, form: int) -> None:
    value = "pl4nted/with?odd\"marks'&more"
    written = sorted({*forms(value), base64.b64encode(b"x" + value.encode() + b"yz")})
    assert len(written) == 10, "a form that no case tries"
    (tmp_path / "log").write_bytes(b"before " + written[form] + b" after")
    assert search(forms(value), tmp_path) == [str(tmp_path / "log")]


@pytest.fixture
def leak(lab: Lab, hospital: Hospital) -> bytes:
    patient = hospital(ROTATED[0])
    patient.ready()
    assert str(patient.secret.value()["password"]) in values(lab)
    return str(patient.secret.value()["password"]).encode()


def test_a_leak_among_the_runs_files_is_found(lab: Lab, leak: bytes, sandbox_log: Path) -> None:
    planted = sandbox_log.parent / "leak"
    planted.write_bytes(leak)
    try:
        assert searched(lab, sandbox_log.parent.parent, b"").found == [str(planted)]
    finally:
        planted.unlink()


def test_a_leak_that_a_server_shows_is_found(lab: Lab, leak: bytes, tmp_path: Path) -> None:
    (found,) = searched(lab, tmp_path, b"CREATE USER app IDENTIFIED BY " + leak).found
    assert Path(found).name == "shown"
