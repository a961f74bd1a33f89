"""What a function accepts in a secret, and what is risky or surely meant otherwise."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches

from rotators.http_api_key.description.sources import Sources
from rotctl.offline.suite import Function
from rotctl.state.finding import Finding, warning
from shared.credentials import LOGIN_FIELDS
from shared.document.form import names_of, stored_of, urls_of
from shared.document.hosts import same_form
from shared.document.mapping import RESERVED
from shared.errors import RotationError
from shared.settings import FLAGS
from shared.tls import rds_bundle

# A password that a person made up; the function's own are longer, and the first rotation makes one.
_SHORT = 12
_OF_RDS = ("dbInstanceIdentifier", "dbClusterIdentifier")
_RDS_PROXY = re.compile(r"(?:.+\.)?proxy-[^.]+\..+\.amazonaws\.com(?:\.cn)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")


def doubled(text: str) -> list[Finding]:
    """Members that a JSON object has twice: who reads them takes the last, or the first."""
    names: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        counted = Counter(name for name, _ in pairs)
        names.extend(name for name, number in counted.items() if number > 1)

    with suppress(ValueError):  # a plain string is no JSON
        json.loads(text, object_pairs_hook=note)
    return [
        warning(name, f"'{name}' is in it twice, and the last one is used", "take the other out")
        for name in names
    ]


def of_login(document: Mapping[str, object], *, admin: bool) -> list[Finding]:
    """A database user's, or its admin's."""
    return [
        *_misspelt(document, LOGIN_FIELDS | {RESERVED}, {"host", "username", "password"}),
        *_unencrypted(document),
        *_host(document),
        *_password(document, admin=admin),
    ]


def of_key(document: Mapping[str, object], function: Function) -> list[Finding]:
    """An API key's."""
    sources = Sources(function.settings)
    try:
        description = sources.of(document)
        trust = sources.trust(document, hosts_are_listed=False)
    except RotationError:
        return []
    read = {name.field for name in description.names if name.root == "secret"}
    known = {"issuer", RESERVED, *description.fields.values(), *map(description.field, read)}
    found = list(_misspelt(document, known, known))
    if trust.needs_inline and description.admin is not None:
        found.append(
            warning(
                "issuer",
                "the secret says itself what is sent with the admin's key, so the admin's secret "
                'must say "inline": true',
                "name a description of ours if there is one, or set ISSUER on the function",
            )
        )
    return found


def _misspelt(
    document: Mapping[str, object], known: Collection[str], required: Collection[str]
) -> Iterator[Finding]:
    """Fields that nobody reads, called nearly as one that is not there."""
    stored = stored_of(document)
    absent = [name for name in sorted(known) if document.get(name) is None]
    read = {*known, *names_of(document).values(), *urls_of(document)}
    for field in stored:
        if field in read or not _NAME.fullmatch(field):
            continue
        for near in get_close_matches(field.lower(), absent, n=1):
            if near in required or get_close_matches(field.lower(), [near], cutoff=0.8):
                yield warning(
                    field,
                    f"field '{field}' is not read, and there is no '{near}'",
                    f"call it '{near}' if that is meant; else it is kept as it is",
                )


def _unencrypted(document: Mapping[str, object]) -> Iterator[Finding]:
    ssl = document.get("ssl")
    if ssl is False or (isinstance(ssl, str) and FLAGS.get(ssl.strip().lower()) is False):
        yield warning(
            "ssl",
            "it switches TLS off, where the function allows that",
            "take 'ssl' out, and enable TLS on the server",
        )


def _host(document: Mapping[str, object]) -> Iterator[Finding]:
    host, tls_host = document.get("host"), document.get("tls_host")
    if not isinstance(host, str) or tls_host is not None:
        return
    field = names_of(document).get("host", "host")
    marks = [name for name in _OF_RDS if document.get(name) is not None]
    if str(document.get("engine")).startswith("aurora"):
        marks.append(names_of(document).get("engine", "engine"))
    host = same_form(host)
    if _RDS_PROXY.fullmatch(host):
        yield warning(
            field,
            "the host is an RDS Proxy, which learns of a new password only once that is in use",
            "let it be the database's own endpoint; see docs/strategies.md, on poolers",
        )
    elif marks and rds_bundle(host) is None:
        yield warning(
            field,
            f"'{marks[0]}' says that the database is of RDS, and the host has no name of RDS's: "
            "if it is a CNAME, the server's certificate does not have it",
            "add 'tls_host' with the endpoint's own name, or let the host be that",
        )


def _password(document: Mapping[str, object], *, admin: bool) -> Iterator[Finding]:
    password = document.get("password")
    if isinstance(password, str) and 0 < len(password) < _SHORT:
        yield warning(
            names_of(document).get("password", "password"),
            f"the password is shorter than {_SHORT} characters",
            "set a longer one" if admin else "rotate it once it is attached",
        )
