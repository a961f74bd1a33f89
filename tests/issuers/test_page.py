"""docs/issuer-descriptions.md says what the descriptions do: names, fields, delays, sources."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from local import issuers
from local.build.artifacts import ROOT
from local.servers.certificates import Authority
from rotators.http_api_key.description.sources import SHIPPED
from rotators.http_api_key.issuer import HttpIssuer
from tests.issuers.issuing import ADMIN_ARN, ticket_with_admin

PAGE = (ROOT / "docs" / "issuer-descriptions.md").read_text()
SECTIONS = {
    heading.strip("`"): text
    for heading, _, text in (part.partition("\n") for part in PAGE.split("\n## ")[1:])
}
NAMES = sorted(path.stem for path in SHIPPED.glob("*.json"))
WORDS = ("Least rights", "Bound by", "Keeps", "Refuses", "Delay", "Limits", "Sources")
# Whose sections are written by what was seen on the real thing.
REAL = {"jupyterhub", "rabbitmq"}
STUBBED = [name for name in NAMES if name not in REAL]


def rows() -> dict[str, list[str]]:
    """The cells of the table's rows behind the name, by the name."""
    cells = (
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in PAGE.splitlines()
        if re.match(r"\| `[a-z0-9-]+` \|", line) and not line.startswith("| `issuer` |")
    )
    return {name.strip("`"): rest for name, *rest in cells}


def described(name: str) -> dict[str, Any]:
    return dict(json.loads((SHIPPED / f"{name}.json").read_text()))


def examples(name: str) -> list[dict[str, Any]]:
    """The JSON of a section: the secret, and the admin's where there is one."""
    return [
        json.loads(code) for code in re.findall(r"```json\n(.*?)```", SECTIONS[name], re.DOTALL)
    ]


@pytest.fixture(scope="module")
def reader(authority: Authority) -> HttpIssuer:
    return HttpIssuer(authority.ca, {"ISSUER_HOSTS": "any.example.org"})


def test_every_description_has_a_row_and_a_section() -> None:
    assert list(rows()) == NAMES
    assert list(SECTIONS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_row_says_way_delay_and_whether_it_was_seen(name: str) -> None:
    description = described(name)
    _, way, delay, seen = rows()[name]
    ways = {each for each in ("issue", "replace", "set", "slots") if each in description}
    assert set(re.findall(r"`(\w+)`", way)) == ways
    assert ("as its own admin" in way or "as their own admin" in way) is (
        description["admin"] == "self"
    )
    assert delay == description.get("propagation", "none")
    assert (seen != "never") is (name in REAL)


@pytest.mark.parametrize("name", NAMES)
def test_the_secret_is_one_that_the_description_takes(name: str, reader: HttpIssuer) -> None:
    document = examples(name)[0]
    key = reader.parse(document)
    assert document["issuer"] == name
    assert key.document == document
    assert key.account.issuer_url.startswith("https://")


@pytest.mark.parametrize("name", STUBBED)
def test_the_secret_has_no_field_that_is_for_nothing(name: str) -> None:
    description, document = described(name), examples(name)[0]
    names = set(re.findall(r"\{secret\.([A-Za-z0-9_-]+)", json.dumps(description)))
    fields = {description["fields"].get(each, each) for each in names}
    fields |= set(description["fields"].values())
    assert document.keys() <= {"issuer", *fields}
    assert fields - description.get("defaults", {}).keys() <= document.keys()


@pytest.mark.parametrize("name", STUBBED)
def test_the_admins_secret_is_for_the_issuer_and_has_what_is_sent(
    name: str, reader: HttpIssuer
) -> None:
    description = described(name)
    secret, *admins = examples(name)
    assert bool(admins) is (description["admin"] != "self")
    if not admins:
        return
    (admin,) = admins
    names = set(re.findall(r"\{admin\.([A-Za-z0-9_-]+)\}", json.dumps(description)))
    assert admin.keys() == names | {"issuer_url"}
    assert admin["issuer_url"] == reader.parse(secret).account.issuer_url


@pytest.mark.parametrize("name", STUBBED)
def test_a_section_says_what_it_must(name: str) -> None:
    description = described(name)
    said = re.findall(r"^- \*\*([^*]+)\.\*\* \S", SECTIONS[name], re.MULTILINE)
    needed = set(WORDS) if "id" in description["fields"] else {*WORDS} - {"Bound by"}
    assert needed <= set(said)
    sources = re.findall(r"<(https://[^>]+)>", SECTIONS[name])
    assert all(urlsplit(source).hostname for source in sources)
    assert description["documentation"] in sources


@pytest.mark.parametrize("name", STUBBED)
def test_what_a_description_asks_of_rights_and_stores_is_on_the_page(name: str) -> None:
    """The fields that a rotation adds to the secret, and the issuer's codes that are told apart."""
    description = described(name)
    renew = description.get("issue") or description["replace"]
    shown = {**description.get("list", {}).get("read", {})}
    inspections = description.get("inspect", [])
    for each in inspections if isinstance(inspections, list) else [inspections]:
        shown |= each.get("read", {})
    stored = renew["read"].keys() & shown.keys() - {"id", "key", "expires", "created", "label"}
    for field in stored:
        assert re.search(rf"`{field}`|{field.replace('_', ' ')}", SECTIONS[name], re.IGNORECASE)


def test_the_table_of_api_keys_is_as_it_is_generated() -> None:
    assert issuers.rewritten(PAGE) == PAGE
    assert PAGE.count(issuers.table(PAGE)) == 1


@pytest.mark.parametrize("name", NAMES)
def test_what_the_table_shows_is_a_secret_and_the_admin_of_its_issuer(
    name: str, reader: HttpIssuer
) -> None:
    (row,) = re.findall(rf"^\| \[`{name}`\]\(#{name}\) \| (.+) \|$", PAGE, re.MULTILINE)
    secret, admin, rights = row.split(" | ")
    key = reader.parse(json.loads(secret.strip("`").replace('"arn:..."', f'"{ADMIN_ARN}"')))
    assert rights.endswith(".")
    if described(name)["admin"] == "self":
        assert admin == "none: it is its own admin"
        return
    document = json.loads(admin.strip("`"))
    reader.manage(key, ticket_with_admin(document))
    assert document["issuer_url"] == key.account.issuer_url


ADAPTED = re.findall(r'`"issuer": (\{.*?\}\})`|`"issuer": (\{.*?\}, "values": \{.*?\}\})`', PAGE)


def test_adapted_descriptions_are_read(reader: HttpIssuer) -> None:
    adapted = [json.loads(first or second) for first, second in ADAPTED]
    assert {each["use"] for each in adapted} == {"auth0", "azure-openai", "gitlab"}
    for each in adapted:
        more = {"tenant_domain": "a.example.org", "subdomain": "my-ai", "group_id": "7"}
        reader.parse({**examples(each["use"])[0], **more, "issuer": each})
