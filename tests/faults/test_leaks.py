"""No value that a rotation made is in any log, file, view or argument: conftest.py's `no_leaks`.

That searches when each process of the run ends; these tests show that the search finds a leak.
"""

import base64
from pathlib import Path

import pytest

from tests.faults.cases import CASES, KEYS, RotationCase
from tests.faults.crashing_secret import MakeCrashingSecret
from tests.faults.leaks import confidential, forms, search, search_for_leaks, values
from tests.lab import Lab

ROTATED = [case for case in CASES if not case.first and "15" not in case.name]


@pytest.mark.parametrize("case", [case for case in ROTATED if case not in KEYS], ids=str)
def test_what_a_rotation_made_is_looked_for(
    case: RotationCase, make_crashing_secret: MakeCrashingSecret, lab: Lab, sandbox_log: Path
) -> None:
    """The stored password is made wrong first: a failed step logs the most."""
    crashing = make_crashing_secret(case)
    crashing.prepare()
    crashing.secret.store({**crashing.secret.value(), "password": "not-the-password-any-more"})
    assert crashing.rotate() in ("failed", "succeeded")
    assert set(confidential(crashing.secret.value())) & values(lab)
    assert crashing.secret.arn in sandbox_log.read_text()


@pytest.mark.parametrize("form", range(10))
def test_what_is_planted_is_found(tmp_path: Path, form: int) -> None:
    value = "pl4nted/with?odd\"marks'&more"
    written = sorted({*forms(value), base64.b64encode(b"x" + value.encode() + b"yz")})
    assert len(written) == 10, "a form that no case tries"
    (tmp_path / "log").write_bytes(b"before " + written[form] + b" after")
    assert search(forms(value), tmp_path) == [str(tmp_path / "log")]


@pytest.fixture
def leak(lab: Lab, make_crashing_secret: MakeCrashingSecret) -> bytes:
    crashing = make_crashing_secret(ROTATED[0])
    crashing.prepare()
    assert str(crashing.secret.value()["password"]) in values(lab)
    return str(crashing.secret.value()["password"]).encode()


def test_a_leak_among_the_runs_files_is_found(lab: Lab, leak: bytes, sandbox_log: Path) -> None:
    planted = sandbox_log.parent / "leak"
    planted.write_bytes(leak)
    try:
        assert search_for_leaks(lab, sandbox_log.parent.parent, b"").found == [str(planted)]
    finally:
        planted.unlink()


def test_a_leak_that_a_server_shows_is_found(lab: Lab, leak: bytes, tmp_path: Path) -> None:
    (found,) = search_for_leaks(lab, tmp_path, b"CREATE USER app IDENTIFIED BY " + leak).found
    assert Path(found).name == "shown"
