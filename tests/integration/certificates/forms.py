"""Certificates as people have them, and what every driver is to make of each."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography.x509.oid import ExtendedKeyUsageOID

from local.servers.certificates import LOOPBACK, Authority, Certificate, Form, issue_itself

TRUSTED = "trusted"
ROOT = Form(is_authority=True)
# What plain `openssl req -x509` makes: no key usage. Older ones: no key identifiers either.
PLAIN = Form(is_authority=True, usage=False)
BARE = Form(is_authority=True, usage=False, identifiers=False)
BARE_SERVER = Form(usage=False, identifiers=False, purposes=())
ENDED = timedelta(hours=-1)
RSA = Form(is_authority=True, key="rsa-2048")


class Shown(NamedTuple):
    """What the server presents, and the file that TLS_CA_BUNDLE names."""

    certificate: Certificate
    bundle: Path


Make = Callable[[Path], Shown]


class Case(NamedTuple):
    """verdict: the name of the row that tells it, or TRUSTED; host: what is connected to."""

    make: Make
    verdict: str = TRUSTED
    host: str = "localhost"


def issued(
    *authorities: Form,
    server: Form = Form(),  # noqa: B008 - frozen
    hosts: tuple[str, ...] = LOOPBACK,
    sent: bool = True,
    trusted: tuple[int, ...] = (0,),
) -> Make:
    """By the last of these authorities, each of which is issued by the one before it.

    sent: whether the server sends all but the root; trusted: which of them are in the bundle.
    """

    def make(folder: Path) -> Shown:
        above: list[Authority] = []
        for number, form in enumerate(authorities or (ROOT,)):
            place, name = folder / str(number), f"authority {number}"
            upper = above[-1] if above else None
            above.append(Authority(place, name=name, form=form, above=upper))
        bundle = folder / "bundle.pem"
        bundle.write_bytes(b"".join(above[number].ca.read_bytes() for number in trusted))
        between = tuple(each.ca for each in reversed(above[1:])) if sent else ()
        form = replace(server, sent=between)
        return Shown(above[-1].issue("server", hosts, folder=folder, form=form), bundle)

    return make


def issued_by_another(form: Form = ROOT, *, name: str = "another", sent: bool = False) -> Make:
    """By an authority that is not the trusted one, which is called `trusted`."""

    def make(folder: Path) -> Shown:
        trusted = Authority(folder / "trusted", name="trusted", form=form)
        other = Authority(folder / "other", name=name, form=form)
        server = Form(identifiers=form.identifiers, sent=(other.ca,) if sent else ())
        return Shown(other.issue("server", folder=folder, form=server), trusted.ca)

    return make


def self_signed(form: Form = Form(), *, trusted: bool = True) -> Make:  # noqa: B008 - frozen
    """By no authority, and, if trusted, in the bundle itself."""

    def make(folder: Path) -> Shown:
        own = issue_itself(folder / "server", form=form)
        return Shown(own, own.cert if trusted else Authority(folder / "other").ca)

    return make


def pinned(folder: Path) -> Shown:
    """The server's certificate is the bundle, and the authority that issued it is not there."""
    own = Authority(folder).issue("server")
    return Shown(own, own.cert)


def named(*hosts: str, common: tuple[str, ...] = ("server",)) -> Make:
    """With these names in it and no others, addresses as such or as `dns:10.0.0.1`."""
    return issued(hosts=hosts, server=Form(names=common))


CHAINS = {
    "as it should be": Case(issued()),
    "authority by plain openssl req -x509": Case(issued(PLAIN, server=BARE_SERVER)),
    "authority without key identifiers": Case(issued(BARE, server=BARE_SERVER)),
    "intermediate sent": Case(issued(ROOT, ROOT)),
    "two intermediates sent": Case(issued(ROOT, ROOT, PLAIN)),
    "intermediate missing": Case(issued(ROOT, ROOT, sent=False), "unknown_issuer"),
    "intermediate in the bundle": Case(issued(ROOT, ROOT, sent=False, trusted=(0, 1))),
    "intermediate trusted alone": Case(issued(ROOT, ROOT, trusted=(1,)), "incomplete"),
    "intermediate trusted alone and not sent": Case(
        issued(ROOT, ROOT, sent=False, trusted=(1,)), "incomplete"
    ),
    "intermediate that is no authority": Case(issued(ROOT, Form()), "not_an_authority"),
    "intermediate one too many": Case(
        issued(Form(is_authority=True, path_length=0), ROOT), "not_an_authority"
    ),
    "intermediate expired": Case(issued(ROOT, Form(is_authority=True, lasts=ENDED)), "expired"),
    "another authority": Case(issued_by_another(), "unknown_issuer"),
    "another authority, sent": Case(issued_by_another(sent=True), "unknown_issuer"),
    "another authority of the same name": Case(issued_by_another(name="trusted"), "unknown_issuer"),
    "another of the same name without key identifiers": Case(
        issued_by_another(BARE, name="trusted"), "other_key"
    ),
    "self-signed": Case(self_signed(), TRUSTED),
    "self-signed without key identifiers": Case(self_signed(BARE_SERVER), TRUSTED),
    "self-signed, not trusted": Case(self_signed(trusted=False), "self_signed"),
    "self-signed, expired": Case(self_signed(Form(lasts=ENDED)), "expired"),
    "trusted alone, not self-signed": Case(pinned, "unknown_issuer"),
}
TIMES = {
    "expired": Case(issued(server=Form(lasts=ENDED)), "expired"),
    "of an expired authority": Case(issued(Form(is_authority=True, lasts=ENDED)), "expired"),
    "not yet valid": Case(issued(server=Form(begins=timedelta(hours=1))), "not_yet_valid"),
    "of an authority not yet valid": Case(
        issued(Form(is_authority=True, begins=timedelta(hours=1))), "not_yet_valid"
    ),
}
KEYS = {
    "signed by Ed25519": Case(issued(Form(is_authority=True, key="ed25519"))),
    "signed by Ed448": Case(issued(Form(is_authority=True, key="ed448"))),
    "Ed25519 all through": Case(
        issued(Form(is_authority=True, key="ed25519"), server=Form(key="ed25519"))
    ),
    "RSA 2048": Case(issued(RSA, server=Form(key="rsa-2048"))),
    "RSA 1024": Case(issued(server=Form(key="rsa-1024")), "weak"),
    "of an RSA 1024 authority": Case(issued(Form(is_authority=True, key="rsa-1024")), "weak"),
    "signed by SHA-1": Case(issued(RSA, server=Form(digest="sha1")), "weak"),
    "of an authority self-signed by SHA-1": Case(
        issued(Form(is_authority=True, key="rsa-2048", digest="sha1"))
    ),
}
PURPOSES = {
    "for clients only": Case(
        issued(server=Form(purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))), "wrong_purpose"
    ),
    "for nothing named": Case(issued(server=Form(purposes=()))),
    "within its constraints": Case(
        issued(Form(is_authority=True, permitted=("localhost",)), hosts=("localhost",))
    ),
    "outside its constraints": Case(
        issued(Form(is_authority=True, permitted=("lab.test",)), hosts=("localhost",)),
        "not_permitted",
    ),
    "outside its constraints by its common name": Case(
        issued(
            Form(is_authority=True, permitted=("lab.test",)),
            hosts=(),
            server=Form(names=("localhost.test",)),
        ),
        "not_permitted",
        "localhost.test",
    ),
}
NAMES = {
    "another name": Case(named("db.lab.test"), "wrong_host"),
    "the name in capitals": Case(named("DB.Lab.test"), host="db.lab.test"),
    "the host in capitals": Case(named("db.lab.test"), host="DB.Lab.test"),
    "a common name alone": Case(named(common=("localhost",))),
    "a common name beside another name": Case(
        named("db.lab.test", common=("localhost",)), "wrong_host"
    ),
    "a common name beside an address": Case(named("127.0.0.1", common=("localhost",))),
    "no name at all": Case(named(common=()), "wrong_host"),
    "a wildcard": Case(named("*.lab.test"), host="db.lab.test"),
    "a wildcard as a common name": Case(named(common=("*.lab.test",)), host="db.lab.test"),
    "a wildcard for two labels": Case(named("*.lab.test"), "wrong_host", "a.db.lab.test"),
    "a wildcard for none": Case(named("*.lab.test"), "wrong_host", "lab.test"),
    "a wildcard right below the top": Case(named("*.internal"), "wrong_host", "db.internal"),
    "the same as a common name": Case(named(common=("*.internal",)), "wrong_host", "db.internal"),
    "a wildcard for an underscore": Case(named("*.lab.test"), "wrong_host", "my_db.lab.test"),
    "a wildcard above an underscore": Case(named("*.my_lab.test"), "wrong_host", "db.my_lab.test"),
    "a part of a label": Case(named("d*.lab.test"), "wrong_host", "db.lab.test"),
    "a wildcard alone": Case(named("*"), "wrong_host"),
    "a name right below the top": Case(named("db.internal"), host="db.internal"),
    "a name with an underscore": Case(named("my_db.lab.test"), host="my_db.lab.test"),
    "an address": Case(named("127.0.0.1"), host="127.0.0.1"),
    "another address": Case(named("127.0.0.2"), "wrong_host", "127.0.0.1"),
    "an address as a name": Case(named("dns:127.0.0.1"), "wrong_host", "127.0.0.1"),
    "an address as a common name": Case(named(common=("127.0.0.1",)), "wrong_host", "127.0.0.1"),
    "an address as a common name beside names": Case(
        named("localhost", common=("127.0.0.1",)), "wrong_host", "127.0.0.1"
    ),
    "names for an address": Case(named("localhost"), "wrong_host", "127.0.0.1"),
    "an address of IPv6": Case(named("2001:db8::7f00:1"), host="2001:db8::7f00:1"),
    "the same written out": Case(named("2001:db8::1"), host="2001:0db8:0:0:0:0:0:1"),
    "an address of IPv6 as a name": Case(
        named("localhost", common=("2001:db8::1",)), "wrong_host", "2001:db8::1"
    ),
    "another address of IPv6": Case(named("2001:db8::2"), "wrong_host", "2001:db8::1"),
}
CASES = {**CHAINS, **TIMES, **KEYS, **PURPOSES, **NAMES}
