"""The same certificate on real servers of every kind: every driver comes to the same verdict."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.servers.certificates import Authority
from shared.errors import RotationError
from shared.translation import ConnectionFaults
from tests.integration.certificates.forms import CASES, TRUSTED, Case
from tests.integration.certificates.here import every_host_is_this_machine
from tests.integration.certificates.presenters import Presenter, presenters


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Presenter]]:
    folder = tmp_path_factory.mktemp("certificates")
    with presenters(folder, Authority(folder / "authority")) as running:
        yield running


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    every_host_is_this_machine(monkeypatch)


def verdict(server: Presenter, host: str, bundle: Path) -> str:
    """The name of the row that the error was made from, or that it is trusted."""
    try:
        server.connect(host, bundle)
    except RotationError as error:
        faults = ConnectionFaults.at(server.address, name=server.name).certificate
        for each in dataclasses.fields(faults):
            row = getattr(faults, each.name)
            same = (type(error), error.do, error.field) == (row.kind, row.do, row.field)
            if same and f": {row.clause}" in error.what:
                return each.name
        raise
    return TRUSTED


def verdicts(servers: dict[str, Presenter], case: Case, folder: Path) -> dict[str, str]:
    shown = case.make(folder)
    found = {}
    for name, server in servers.items():
        server.present(shown.certificate)
        found[name] = verdict(server, case.host, shown.bundle)
    return found


# MySQL presents no certificate that it does not trust itself.
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_driver_comes_to_the_same_verdict(
    servers: dict[str, Presenter], case: Case, tmp_path: Path
) -> None:
    others = {name: server for name, server in servers.items() if name != "MySQL"}
    assert verdicts(others, case, tmp_path) == dict.fromkeys(others, case.verdict)


GOOD = {name: case for name, case in CASES.items() if case.verdict == TRUSTED}


@pytest.mark.parametrize("case", GOOD.values(), ids=GOOD)
def test_mysql_is_trusted_with_a_certificate_that_the_others_are_trusted_with(
    servers: dict[str, Presenter], case: Case, tmp_path: Path
) -> None:
    assert verdicts({"MySQL": servers["MySQL"]}, case, tmp_path) == {"MySQL": TRUSTED}
