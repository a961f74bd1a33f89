"""Who vouches for a server is chosen by its host, alike for every driver; nobody else is tried."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.servers.certificates import Authority
from shared import tls
from shared.errors import Untrusted
from tests.integration.certificates.here import every_host_is_this_machine
from tests.integration.certificates.presenters import Database, presenters

HERE = "app.abc.us-east-1.rds.amazonaws.com"
CHINA = "app.abc.rds.cn-north-1.amazonaws.com.cn"
PROXY = "app.proxy-abc.us-east-1.rds.amazonaws.com"
ELSEWHERE = "db.example.org"
HOSTS = (HERE, CHINA, PROXY, ELSEWHERE)
# Whose certificate is trusted for which host.
VOUCHES = {HERE: "us-east-1", CHINA: "cn-north-1", PROXY: "system", ELSEWHERE: "system"}
NAMES = ("us-east-1", "eu-west-1", "cn-north-1", "system")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("authorities")


@pytest.fixture(scope="module")
def servers(folder: Path) -> Iterator[dict[str, Database]]:
    with presenters(folder, Authority(folder / "any")) as running:
        yield {name: each for name, each in running.items() if isinstance(each, Database)}


@pytest.fixture(scope="module")
def authorities(folder: Path) -> dict[str, Authority]:
    return {name: Authority(folder / name, name=name) for name in NAMES}


@pytest.fixture(autouse=True)
def _packaged(
    folder: Path, authorities: dict[str, Authority], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the real file is written, with authorities whose keys we have."""
    every_host_is_this_machine(monkeypatch)
    entries = [
        f"\n# Amazon RDS {name} Root CA RSA2048 G1, until any\n{authorities[name].ca.read_text()}"
        for name in NAMES
        if name != "system"
    ]
    packaged = folder / "rds.pem"
    packaged.write_text("".join(("# Any.\n", *entries)))
    monkeypatch.setattr(tls, "RDS_AUTHORITIES", packaged)
    monkeypatch.setattr(tls, "_SYSTEM_BUNDLES", (authorities["system"].ca,))


@pytest.mark.parametrize("by", NAMES)
def test_all_drivers_trust_the_same(
    servers: dict[str, Database], authorities: dict[str, Authority], by: str
) -> None:
    certificate = authorities[by].issue("server", HOSTS)
    wrong = []
    for name, server in servers.items():
        server.present(certificate)
        for host in HOSTS:
            try:
                server.connect(host, None)
            except Untrusted as refusal:
                trusted = False
                assert refusal.field == "TLS_CA_BUNDLE"
            else:
                trusted = True
            if trusted is not (VOUCHES[host] == by):
                wrong.append((name, host, trusted))
    assert wrong == []


@pytest.mark.parametrize(
    ("region", "place"),
    [
        ("ca-west-1", "truststore.pki.rds.amazonaws.com"),
        ("us-gov-west-1", "truststore.pki.us-gov-west-1.rds.amazonaws.com"),
        ("cn-northwest-1", "rds-truststore.s3.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_of_a_region_that_is_not_packaged_it_is_said_where_its_authorities_are(
    servers: dict[str, Database], folder: Path, region: str, place: str
) -> None:
    china = region.startswith("cn-")
    host = f"app.abc.rds.{region}.amazonaws.com.cn" if china else HERE.replace("us-east-1", region)
    authority = Authority(folder / region)
    certificate = authority.issue("server", (host,))
    for server in servers.values():
        server.present(certificate)
        with pytest.raises(Untrusted) as caught:
            server.connect(host, None)
        where = f"https://{place}/{region}/{region}-bundle.pem"
        assert caught.value.do == f"set TLS_CA_BUNDLE to a file of what is at {where}"
        server.connect(host, authority.ca)  # as told


def test_the_name_to_verify_decides_and_not_the_host(
    servers: dict[str, Database], authorities: dict[str, Authority]
) -> None:
    """A CNAME of one's own before a database of RDS."""
    certificate = authorities["us-east-1"].issue("server", (HERE,))
    for server in servers.values():
        server.present(certificate)
        server.connect(ELSEWHERE, None, tls_host=HERE)
        with pytest.raises(Untrusted):
            server.connect(HERE, None, tls_host=ELSEWHERE)
