"""`make new-rotator NAME=ledger`: a kind of target that works, in a folder of its own.

What it makes is the complete example of docs/adding-a-backend.md, by another name.
"""

import subprocess
import sys
from pathlib import Path

from local.bootstrap import ROOT, say
from local.scaffold import events, registry
from local.scaffold.names import Names, check_name
from local.supply import lock

FILES = Path(__file__).with_name("files")
SUFFIX = ".in"


def write(names: Names, root: Path = ROOT) -> list[Path]:
    """The kind's folder and its conformance suite; raises SystemExit where one is there already."""
    written = []
    for source in sorted(FILES.rglob(f"*{SUFFIX}")):
        path = root / names.of(str(source.relative_to(FILES)).removesuffix(SUFFIX))
        if path.exists():
            raise SystemExit(f"{path.relative_to(root)} is there already")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(names.of(source.read_text()))
        written.append(path)
    # Another name has another place among the imports, and another length.
    code = [str(path) for path in written if path.suffix == ".py"]
    for words in (("check", "--quiet", "--fix", "--select", "I"), ("format", "--quiet")):
        subprocess.run([sys.executable, "-m", "ruff", *words, *code], cwd=root, check=True)
    return written


def main(name: str = "") -> None:
    """Make it, enter it, and say what there is."""
    names = check_name(name)
    made = write(names)
    made += registry.enter(names, ROOT)
    made += events.write(names.function, names.kind.replace("_", "-"))
    lock.compile_group(names.kind)
    made.append(ROOT / "requirements" / f"{names.kind}.txt")
    for path in made:
        say(str(path.relative_to(ROOT)))
    print(
        f"""
{names.function} rotates users of a made-up database. It works as it is:

  make test ARGS=tests/conformance/test_{names.kind}.py
  make demo ARGS='--only {names.kind}'

Now make it yours; docs/adding-a-backend.md says how. In rotators/{names.kind}, in this order: its
driver, in pyproject.toml (then make lock) and instead of client.py; what its errors mean; the
engine; the real server, and the truth about its users, in testing. Nothing else has to change."""
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
