"""Which authorities vouch for what, and the file that those of RDS are packaged in."""

import signal
import ssl
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from local.bootstrap import ROOT
from local.servers.certificates import Authority
from local.supply import rds
from shared import tls
from shared.errors import Misconfigured

RSA_2048_ENDS = datetime(2061, 5, 25, 23, 34, 57, tzinfo=UTC)  # us-east-1's


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    """An authority that is all the system's bundle has."""
    authority = Authority(tmp_path / "system", name="system")
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", (authority.ca,))
    return authority


def names(bundle: Path) -> set[str]:
    subjects = [each.subject for each in x509.load_pem_x509_certificates(bundle.read_bytes())]
    common = [each.get_attributes_for_oid(NameOID.COMMON_NAME) for each in subjects]
    return {str(name.value) for (name,) in common}


# --- who vouches for whom ---


def test_databases_have_the_systems_authorities_and_those_of_rds(system: Authority) -> None:
    assert names(tls.database_authorities({})) == names(system.ca) | names(tls.RDS_AUTHORITIES)


def test_an_empty_variable_counts_as_unset(system: Authority) -> None:
    assert names(tls.database_authorities({"TLS_CA_BUNDLE": ""})) > names(system.ca)


def test_issuers_have_the_systems_only(system: Authority) -> None:
    assert tls.ca_bundle({}) == system.ca


def test_a_bundle_of_ones_own_replaces_them_all(system: Authority, tmp_path: Path) -> None:
    bundle = Authority(tmp_path / "own").ca
    assert bundle != system.ca
    environment = {"TLS_CA_BUNDLE": bundle.name, "LAMBDA_TASK_ROOT": str(bundle.parent)}
    assert tls.database_authorities(environment) == tls.ca_bundle(environment) == bundle


def test_a_bundle_without_a_last_newline_is_joined_whole(system: Authority) -> None:
    system.ca.write_bytes(system.ca.read_bytes().rstrip())
    assert names(tls.database_authorities({})) == {"system"} | names(tls.RDS_AUTHORITIES)


# --- the joined file ---


def test_it_is_made_once(system: Authority) -> None:
    made = tls.database_authorities({})
    assert made == tls.database_authorities({})
    assert made.read_bytes() == system.ca.read_bytes() + b"\n" + tls.RDS_AUTHORITIES.read_bytes()


def test_two_at_once_both_get_a_whole_one(system: Authority) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(tls.database_authorities, {}) for _ in range(8)]
        contents = {each.result().read_bytes() for each in made}
    assert contents == {system.ca.read_bytes() + b"\n" + tls.RDS_AUTHORITIES.read_bytes()}


def test_a_process_that_is_killed_leaves_none_behind(tmp_path: Path) -> None:
    code = (
        "import os, signal; from shared import tls; tls._SYSTEM_BUNDLES = (tls.RDS_AUTHORITIES,);"
        " print(tls.database_authorities({}).stat().st_size, flush=True);"
        " os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert int(done.stdout) > tls.RDS_AUTHORITIES.stat().st_size
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("system")
def test_a_temporary_folder_that_takes_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    with pytest.raises(Misconfigured, match="temporary folder") as caught:
        tls.database_authorities({})
    assert caught.value.field == "TLS_CA_BUNDLE"
    assert caught.value.__context__ is None


# --- what a certificate is held to ---


def test_the_rules_are_those_of_libpq_in_every_version_of_python(system: Authority) -> None:
    """No flag of Python's own, neither stricter nor laxer; tests/integration/certificates."""
    context = tls.verifying_context(system.ca)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.verify_flags == ssl.VERIFY_X509_TRUSTED_FIRST  # OpenSSL's default
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.security_level == 2  # RSA of 2048 bits, no SHA-1
    assert context.cert_store_stats()["x509"] == 1


# --- what is packaged ---


def test_the_packaged_file_is_what_make_would_write_again() -> None:
    text = tls.RDS_AUTHORITIES.read_text()
    assert rds.render(text.encode(), datetime.now(UTC)) == text
    assert "://" not in text


def test_the_packaged_authorities_are_valid_and_strictly_formed() -> None:
    certificates = x509.load_pem_x509_certificates(tls.RDS_AUTHORITIES.read_bytes())
    assert len(set(certificates)) == len(certificates) >= 90
    now = datetime.now(UTC)
    for each in certificates:
        assert each.not_valid_before_utc < now < each.not_valid_after_utc
        each.verify_directly_issued_by(each)
        # Python 3.13 refuses a chain whose authority has it otherwise.
        assert each.extensions.get_extension_for_class(x509.BasicConstraints).critical
        assert each.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        assert each.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(tls.RDS_AUTHORITIES)
    assert context.cert_store_stats()["x509_ca"] == len(certificates)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1", "ap-southeast-2"])
def test_a_region_has_all_three_kinds_of_key(region: str) -> None:
    kinds = ("RSA2048", "RSA4096", "ECC384")
    wanted = {f"Amazon RDS {region} Root CA {kind} G1" for kind in kinds}
    assert wanted <= names(tls.RDS_AUTHORITIES)


# --- how it is written ---


def test_neither_order_nor_repetition_matters() -> None:
    text = tls.RDS_AUTHORITIES.read_text()
    mixed = "\n".join(reversed(text.split("\n\n"))) + text
    assert rds.render(mixed.encode(), datetime.now(UTC)) == text


def test_an_expired_one_is_left_out() -> None:
    bundle = tls.RDS_AUTHORITIES.read_bytes()
    name = "# Amazon RDS us-east-1 Root CA RSA2048 G1, until 2061-05-25\n"
    assert name in rds.render(bundle, RSA_2048_ENDS.replace(second=0))
    assert name not in rds.render(bundle, RSA_2048_ENDS)


def test_an_authority_of_somebody_else_is_refused(tmp_path: Path) -> None:
    stranger = Authority(tmp_path, name="Amazon RDS us-east-1").ca.read_bytes()
    with pytest.raises(SystemExit, match="no authority of RDS: CN=Amazon RDS us-east-1"):
        rds.render(stranger, datetime.now(UTC))
