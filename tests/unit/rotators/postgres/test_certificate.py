"""Hosts whose certificate libpq would judge otherwise than the other drivers."""

import socket
from ipaddress import ip_address

import pytest

from rotators.postgres.certificate import as_address, is_matched_alike


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.7", "255.255.255.255", "0.0.0.0"])  # noqa: S104 - a text
def test_an_address_is_in_a_form_of_the_same_value(host: str) -> None:
    form, address = as_address(host)
    assert address == host
    assert form != host
    assert socket.inet_aton(form) == ip_address(host).packed


@pytest.mark.parametrize("host", ["::", "::1", "::ffff:10.0.0.7", "2001:db8::1", "fe80::a:b:c:d"])
def test_one_of_ipv6_too(host: str) -> None:
    form, address = as_address(host)
    assert address == host
    assert form != host
    assert socket.inet_pton(socket.AF_INET6, form) == ip_address(host).packed


@pytest.mark.parametrize("host", ["db", "db.internal", "my_db.lab.test", "10.0.0"])
def test_a_name_is_left_as_it_is(host: str) -> None:
    assert as_address(host) == (host, None)


@pytest.mark.parametrize(
    ("host", "alike"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("::1", True),
        ("db.lab.test", True),
        ("app-1.cluster-x.eu-central-1.rds.amazonaws.com", True),
        ("db.internal", False),
        ("my_db.lab.test", False),
        ("db.my_lab.test", False),
        ("db.lab.test.", False),
        ("127.1", False),
        ("2130706433", False),
        ("0x7f000001", False),
        ("0177.0.0.1", False),
    ],
)
def test_names_that_a_wildcard_may_match_for_one_of_them_only(host: str, alike: bool) -> None:
    assert is_matched_alike(host) is alike
