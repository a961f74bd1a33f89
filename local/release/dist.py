"""dist/: for each architecture the functions' zips, their bills, and a template of those zips."""

import hashlib
import re
import shutil
from pathlib import Path

from local.bootstrap import ROOT, say
from local.build import artifacts, bytecode, repeatable
from local.release.version import NotReleasableError
from local.supply import __main__ as supply
from local.supply.sbom.making import Made, Wanted, make

SUMS = "SHA256SUMS"
# Two that the template names, and what tells the SAM CLI to read its Fn::ForEach.
_BESIDE = ("LICENSE", "README.md", "samconfig.toml")


def check() -> None:
    """Raises NotReleasableError where this machine cannot make what a release has."""
    version = Wanted().python_version
    if bytecode.python_of(version) is None:
        raise NotReleasableError(
            f"no Python {version} is here to compile the functions: install it"
        )


def fill(dist: Path) -> None:
    """Build everything anew into the folder; raises NotReleasableError for a bad bill."""
    shutil.rmtree(dist, ignore_errors=True)
    bills = []
    for architecture in artifacts.PLATFORMS:
        folder = dist / architecture
        folder.mkdir(parents=True)
        names = []
        for made in make(Wanted(architecture)):
            say(f"packing {made.function} for {architecture}")
            bills.append(pack(folder, made))
            names.append(made.function)
        text = (ROOT / "template.yaml").read_text()
        (folder / "template.yaml").write_text(of_zips(text, names, architecture))
        for name in _BESIDE:
            shutil.copyfile(ROOT / name, folder / name)
    if supply.main("sbom.schema", *map(str, bills)):
        raise NotReleasableError("a bill of materials is not valid CycloneDX: see above")
    (dist / SUMS).write_text(sums(dist))


def pack(folder: Path, made: Made) -> Path:
    """Write a function's zip and, beside it, the bill of it, whose path is returned."""
    (folder / f"{made.function}.zip").write_bytes(repeatable.zipped(made.artifact))
    bill = folder / f"{made.function}.cdx.json"
    bill.write_text(made.bill)
    return bill


def of_zips(template: str, functions: list[str], architecture: str) -> str:
    """The template with the zips beside it for code, and no other architecture than theirs.

    By its lines, for what stands in it besides is to stay as it was written.
    """
    for name in functions:
        block = rf"(^  {name}:\n(?:    .*\n)*?      CodeUri: )\.$"
        template = _once(block, rf"\g<1>{name}.zip", template)
    template = template.replace("    Metadata: {BuildMethod: makefile}\n", "")
    parameter = r"(^  Architecture:\n(?:    .*\n)*?    "
    template = _once(parameter + r"AllowedValues: ).*$", rf"\g<1>[{architecture}]", template)
    return _once(parameter + r"Default: ).*$", rf"\g<1>{architecture}", template)


def _once(pattern: str, replacement: str, text: str) -> str:
    changed, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
    if count != 1:
        raise NotReleasableError(f"template.yaml has {count} places for {pattern!r}, not one")
    return changed


def sums(dist: Path) -> str:
    """What `sha256sum --check` takes, of every file but itself, in one order."""
    files = sorted(path for path in dist.rglob("*") if path.is_file() and path.name != SUMS)
    return "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(dist)}\n"
        for path in files
    )
