"""The programs of docs/clients.md, as its reader has them."""

import re
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from local.bootstrap import ROOT

PAGE = ROOT / "docs" / "clients.md"


def program(
    section: str, folder: Path, changes: Mapping[str, str], *, number: int = 0
) -> dict[str, Any]:
    """What a program of the section defines, by default the first, with other names in it."""
    text = PAGE.read_text().partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    code = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)[number]
    for old, new in changes.items():
        assert old in code
        code = code.replace(old, new)
    file = folder / "program.py"
    file.write_text(code)
    return runpy.run_path(str(file))
