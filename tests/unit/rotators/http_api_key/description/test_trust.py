"""Who is trusted how far with the admin's key: each row of the table, by secrets that are so."""

import json

import pytest

from rotators.http_api_key.description.sources import SHIPPED, Sources
from rotators.http_api_key.description.trust import OtherBases, Trust

HUB = json.loads((SHIPPED / "jupyterhub.json").read_text())  # whose base is the secret's URL
WRITTEN_OUT = {**HUB, "base": "https://hub.test/hub/api"}
HOST = {**HUB, "base": "https://{secret.host}/hub/api"}
BESIDE = {**HUB["probe"], "base": "https://{secret.host}"}
REVOKE = {"request": "DELETE /users/{id}"}

# By author and base: the function's ISSUER, if any, and what a secret says as `issuer`.
SECRETS: dict[tuple[str, str], list[tuple[object, object]]] = {
    ("FUNCTION", "NOTHING"): [
        (WRITTEN_OUT, None),
        (WRITTEN_OUT, HUB),  # which counts for nothing then
        ({"use": "jupyterhub", "values": {"issuer_url": "https://hub.test"}}, None),
        ({**HOST, "values": {"host": "hub.test"}}, None),
    ],
    ("FUNCTION", "PART"): [(HOST, None), ({**WRITTEN_OUT, "probe": BESIDE}, None)],
    ("FUNCTION", "ALL"): [({"use": "jupyterhub"}, None)],
    ("SHIPPED", "PART"): [(None, "gitlab"), (None, {"use": "gitlab", "values": {"host": "x"}})],
    ("SHIPPED", "ALL"): [
        (None, "jupyterhub"),
        (None, {"use": "jupyterhub", "values": {"issuer_url": "https://hub.test"}}),
        (None, {"use": "gitlab", "base": "https://hub.test/{secret.host}"}),
    ],
    ("SECRET", "ALL"): [
        (None, HUB),
        (None, json.dumps(WRITTEN_OUT)),
        (None, {"use": "jupyterhub", "revoke": REVOKE}),
    ],
}


def table() -> list[list[str]]:
    lines = (line.strip() for line in str(Trust.of.__doc__).splitlines())
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    assert rows[0][:3] == ["author", "base", "hosts listed"]
    return rows[1:]


def test_the_table_has_every_case_once() -> None:
    listed = [tuple(row[:3]) for row in table()]
    assert sorted(listed) == sorted((*case, hosts) for case in SECRETS for hosts in ("no", "yes"))


@pytest.mark.parametrize("row", table(), ids=" ".join)
def test_the_table_says_what_is_done(row: list[str]) -> None:
    author, base, hosts, must_say, other_bases = row
    trust = Trust(
        needs_inline="inline" in must_say,
        needs_issuer_url="issuer_url" in must_say,
        other_bases=OtherBases[other_bases],
    )
    for function, issuer in SECRETS[author, base]:
        sources = Sources({} if function is None else {"ISSUER": json.dumps(function)})
        assert sources.trust({"issuer": issuer}, hosts_are_listed=hosts == "yes") == trust
