"""Pages of docs/ as tests take them: the commands, diffs and tables under a heading."""

import re
from dataclasses import dataclass

from local.bootstrap import ROOT

_FENCE = r"^( *)```{}\n(.*?)^\1```$"


@dataclass(frozen=True, slots=True)
class Section:
    """What is under one heading, with what is under its smaller ones."""

    text: str

    def blocks(self, language: str) -> list[str]:
        """Its fenced blocks of this language, without their indentation."""
        found = re.finditer(_FENCE.format(language), self.text, re.MULTILINE | re.DOTALL)
        return [re.sub(rf"^{each[1]}", "", each[2], flags=re.MULTILINE) for each in found]

    def block(self, language: str, beginning: str) -> str:
        """The one that begins so."""
        (found,) = [each for each in self.blocks(language) if each.startswith(beginning)]
        return found


def section(page: str, heading: str) -> Section:
    """Of a page of docs/, such as `lifecycle`."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    found = re.search(rf"^(#+) {re.escape(heading)}\n(.*)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return Section(re.split(rf"^#{{1,{len(found[1])}}} ", found[2], flags=re.MULTILINE)[0])


def before_and_after(diff: str) -> tuple[str, str]:
    """The text that a diff begins with, and the one that it ends with."""
    lines = diff.splitlines(keepends=True)
    before, after = ([each[1:] for each in lines if each[0] in kept] for kept in (" -", " +"))
    return "".join(before), "".join(after)
