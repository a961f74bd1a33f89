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

RDS_HOST = "app.abc.us-east-1.rds.amazonaws.com"


def by_default() -> tls.DatabaseAuthorities:
    return tls.DatabaseAuthorities.from_environment({})


@pytest.mark.parametrize(
    ("host", "region"),
    [
        (RDS_HOST, "us-east-1"),
        ("App.ABC.US-East-1.RDS.amazonaws.com", "us-east-1"),
        ("app.cluster-abc.eu-central-1.rds.amazonaws.com", "eu-central-1"),
        ("app.cluster-ro-abc.eu-central-1.rds.amazonaws.com", "eu-central-1"),
        ("proxy-app.abc.eu-central-1.rds.amazonaws.com", "eu-central-1"),  # so its owner named it
    ],
)
def test_a_database_of_rds_has_the_authorities_of_its_region(
    system: Authority, host: str, region: str
) -> None:
    kinds = ("RSA2048", "RSA4096", "ECC384")
    file = by_default().file(host)
    assert names(file) == {f"Amazon RDS {region} Root CA {kind} G1" for kind in kinds}
    assert by_default().context(host).cert_store_stats()["x509_ca"] == len(kinds)
    assert file != system.ca


@pytest.mark.parametrize(
    "host",
    [
        "db.example.org",
        "127.0.0.1",
        "us-east-1.rds.amazonaws.com",
        "app.abc.us-east-1.rds.amazonaws.com.example.org",
        "app.abc.us-east-1.rds.amazonaws.com.",
        "app.abc.us-east-1.rds.example.org",
        "app.abc.us-east-1xrds.amazonaws.com",
        "app.abc.us-east-1.rds.amazonaws.com.cn",
        "app.proxy-abc.us-east-1.rds.amazonaws.com",
        "any.endpoint.proxy-abc.us-east-1.rds.amazonaws.com",
        "app.abc.ca-west-1.rds.amazonaws.com",  # whose authorities are not packaged
        "app.abc.rds.cn-north-1.amazonaws.com.cn",  # nor are China's
        "app.abc.us-east-1.rds-preview.amazonaws.com",
        "app.abc.Root CA.rds.amazonaws.com",
    ],
)
def test_any_other_database_has_the_systems(system: Authority, host: str) -> None:
    assert by_default().file(host) == system.ca


def test_china_has_its_own_once_they_are_packaged(
    system: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = Authority(tmp_path / "china", name="china").ca.read_text()
    packaged = tmp_path / "rds.pem"
    packaged.write_text(f"# Any.\n\n# Amazon RDS cn-north-1 Root CA RSA2048 G1, until any\n{pem}")
    monkeypatch.setattr(tls, "RDS_AUTHORITIES", packaged)
    assert names(by_default().file("app.abc.rds.cn-north-1.amazonaws.com.cn")) == {"china"}
    assert by_default().file("app.abc.rds.cn-north-1.amazonaws.com") == system.ca


def test_an_empty_variable_counts_as_unset(system: Authority) -> None:
    made = tls.DatabaseAuthorities.from_environment({"TLS_CA_BUNDLE": ""})
    assert made.file("db") == system.ca


def test_issuers_have_the_systems_only(system: Authority) -> None:
    assert tls.ca_bundle({}) == system.ca


@pytest.mark.parametrize("host", ["db", RDS_HOST])
def test_a_bundle_of_ones_own_replaces_them_all(
    system: Authority, tmp_path: Path, host: str
) -> None:
    bundle = Authority(tmp_path / "own").ca
    assert bundle != system.ca
    environment = {"TLS_CA_BUNDLE": bundle.name, "LAMBDA_TASK_ROOT": str(bundle.parent)}
    assert tls.DatabaseAuthorities.from_environment(environment).file(host) == bundle
    assert tls.ca_bundle(environment) == bundle


def test_a_system_without_any_is_told_before_a_host_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", ())
    with pytest.raises(Misconfigured, match="no bundle") as caught:
        by_default()
    assert caught.value.field == "TLS_CA_BUNDLE"


# --- the region's file ---


@pytest.mark.usefixtures("system")
def test_a_regions_is_small() -> None:
    """libpq reads all of it at each connection."""
    assert by_default().file(RDS_HOST).stat().st_size < 8_000


@pytest.mark.usefixtures("system")
@pytest.mark.parametrize("host", [RDS_HOST, "db"])
def test_file_and_context_are_made_once(host: str) -> None:
    authorities = by_default()
    assert authorities.file(host) == by_default().file(host)
    assert authorities.context(host) is authorities.context(host)


@pytest.mark.usefixtures("system")
def test_two_at_once_both_get_a_whole_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [pool.submit(by_default().file, RDS_HOST) for _ in range(8)]
        assert [len(names(each.result())) for each in made] == [3] * 8


def test_a_process_that_is_killed_leaves_none_behind(tmp_path: Path) -> None:
    code = (
        "import os, signal; from shared import tls; tls._SYSTEM_BUNDLES = (tls.RDS_AUTHORITIES,);"
        f" made = tls.DatabaseAuthorities.from_environment({{}}).file({RDS_HOST!r});"
        " print(made.read_text().count('BEGIN'), flush=True);"
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
    assert int(done.stdout) == 3
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("system")
def test_a_temporary_folder_that_takes_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    tls._write_region.cache_clear()
    with pytest.raises(Misconfigured, match="temporary folder") as caught:
        by_default().file(RDS_HOST)
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
