"""The table of API keys in docs/issuer-descriptions.md: `python -m local.issuers` writes it anew.

Which fields there are is what the descriptions that come with the function read; what stands in
them, and the admin's least rights, is from each issuer's section of the page.
"""

import json
import re
from pathlib import Path

from local.bootstrap import ROOT
from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.sources import SHIPPED, Sources

PAGE = ROOT / "docs" / "issuer-descriptions.md"
HEAD = ("`issuer`", "the secret", "the admin's secret", "least rights of the admin's key")
_ARN = re.compile(r"arn:aws:secretsmanager:[^\"]+")


def table(page: str) -> str:
    """The table by the descriptions and by the sections of the page's text."""
    rows = [HEAD, ("---",) * len(HEAD)]
    names = sorted(path.stem for path in SHIPPED.glob("*.json"))
    rows += [_row(name, _section(page, name)) for name in names]
    return "\n".join(f"|{'|'.join(row)}|" if row[0] == "---" else _line(row) for row in rows)


def rewritten(page: str) -> str:
    """The page's text with the table as it is to be."""
    head = re.escape(_line(HEAD))
    return re.sub(rf"^{head}\n(?:\|.*\n)*", lambda _: f"{table(page)}\n", page, flags=re.MULTILINE)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _row(name: str, section: str) -> tuple[str, ...]:
    description = Sources({}).of({"issuer": name})
    secret, *admins = map(json.loads, re.findall(r"```json\n(.*?)```", section, re.DOTALL))
    rights = re.search(r"^- \*\*Least rights\.\*\* (.+?\.)(?: |$)", section, re.MULTILINE)
    if rights is None:
        raise ValueError(f"the section `{name}` of {PAGE.name} does not say the least rights")
    defaults = {description.field(each) for each in description.defaults}
    shown = {"issuer": name} | _shown(secret, _secret_fields(description), defaults)
    admin = "none: it is its own admin"
    if admins:
        admin = f"`{_json(_shown(admins[0], _admin_fields(description), set()))}`"
    return f"[`{name}`](#{name})", f"`{_json(shown)}`", admin, rights[1]


def _section(page: str, name: str) -> str:
    return page.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]


def _secret_fields(description: Description) -> set[str]:
    """What the description reads of a secret, without what is needed only at times."""
    names = {
        name.field for name in description.names if name.root == "secret" and not name.optional
    }
    return {description.field(name) for name in names} | set(description.fields.values())


def _admin_fields(description: Description) -> set[str]:
    """What the admin's secret has: what is sent of it, and which issuer it is for."""
    return {"issuer_url"} | {name.field for name in description.names if name.root == "admin"}


def _shown(example: dict[str, object], fields: set[str], defaults: set[str]) -> dict[str, object]:
    """The fields in the example's order, and those that it lacks and that have no default."""
    lacking = dict.fromkeys(sorted(fields - example.keys() - defaults), "...")
    return {key: value for key, value in example.items() if key in fields} | lacking


def _json(document: dict[str, object]) -> str:
    return _ARN.sub("arn:...", json.dumps(document))


def main(page: Path = PAGE) -> None:
    """Write the page with the table in it."""
    page.write_text(rewritten(page.read_text()))


if __name__ == "__main__":
    main()
