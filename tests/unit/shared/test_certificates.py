"""The verifier's reasons; tests/integration/certificates has them from real servers."""

from dataclasses import fields

import pytest

from shared.certificates import CertificateFaults
from shared.errors import Untrusted

FAULTS = CertificateFaults.at("issuer_url")
REVOKED, UNHANDLED_CRITICAL_EXTENSION = 23, 34


def test_every_reason_has_words_of_its_own() -> None:
    rows = [getattr(FAULTS, each.name) for each in fields(FAULTS)]
    assert len({row.clause for row in rows}) == len(rows)
    assert {row.kind for row in rows} == {Untrusted}


def test_the_field_at_fault_is_the_address_or_the_bundle() -> None:
    found = {getattr(FAULTS, each.name).field for each in fields(FAULTS)}
    assert found == {"issuer_url", "TLS_CA_BUNDLE"}


@pytest.mark.parametrize("code", [REVOKED, UNHANDLED_CRITICAL_EXTENSION])
def test_a_reason_without_words_has_its_number(code: int) -> None:
    row = FAULTS.row(code)
    assert row.clause == f"the server's certificate is not trusted (OpenSSL's reason {code})"
    assert (row.do, row.field) == (FAULTS.untrusted.do, FAULTS.untrusted.field)


def test_no_number_is_no_reason() -> None:
    assert FAULTS.row(0) is FAULTS.untrusted
