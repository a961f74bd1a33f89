"""A private apt: this machine's own archive and keys, any suite, and none of apt's own state."""

import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from local.processes import children

SOURCES = Path("/etc/apt")
DEBIAN = {"bullseye", "bookworm", "trixie", "forky", "sid", "stable", "testing", "unstable"}
CONFIG = """\
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::sourcelist "{folder}/archive.sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "{folder}";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}";
Dir::Log "{folder}";
APT::Sandbox::User "";
APT::Install-Recommends "false";
APT::Update::Error-Mode "any";
Acquire::Languages "none";
Acquire::Retries "3";
"""
PRETENDED = """\
Package: {name}
Status: install ok installed
Architecture: {architecture}
Multi-Arch: allowed
Version: 999:999
Maintainer: nobody
Description: not needed to run a server

"""


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of apt's sources; `trust` is its Signed-By or Trusted field as it stands."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    trust: str

    def deb822(self, suite: str) -> str:
        """The same archive and keys, with another suite."""
        return f"Types: deb\nURIs: {self.uri}\nSuites: {suite}\nComponents: main\n{self.trust}"


def fetch(suite: str, package: str, *, without: Iterable[str], folder: Path) -> list[Path]:
    """Download `package`, or several with spaces between, and all they depend on, libc too.

    Into `folder`; the .deb files. `without` names packages to pretend are there. apt checks
    signatures and hashes.
    """
    log = folder / "apt.log"
    for made in ("lists/partial", "archives/partial"):
        (folder / made).mkdir(parents=True)
    architecture = _output("dpkg", folder, "--print-architecture").strip()
    entries = (PRETENDED.format(name=name, architecture=architecture) for name in without)
    (folder / "status").write_text("".join(entries))
    (folder / "archive.sources").write_text(archive(sources(SOURCES), suite).deb822(suite))
    (folder / "apt.conf").write_text(CONFIG.format(folder=folder) + _machine_settings(folder))
    env = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C"}
    env["APT_CONFIG"] = str(folder / "apt.conf")
    get = (_program("apt-get"), "-q", "-y")
    children.finish((*get, "update"), log=log, name="apt-get update", env=env)
    install = (*get, "--download-only", "install", *package.split())
    children.finish(install, log=log, name=f"apt-get install {package}", within=600, env=env)
    return sorted((folder / "archives").glob("*.deb"))


def sources(folder: Path) -> list[Source]:
    """Every enabled binary source in apt's folder, in both of the formats that apt reads."""
    found: list[Source] = []
    for file in (folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))):
        if not file.is_file():
            continue
        if file.suffix == ".list":
            found += _one_line(file.read_text())
        elif file.suffix == ".sources":
            found += _deb822(file.read_text())
    return found


def archive(found: Iterable[Source], suite: str) -> Source:
    """The source most like Debian's main archive: one with this suite if there is one."""
    debian = [s for s in found if "main" in s.components and DEBIAN.intersection(s.suites)]
    if not debian:
        raise LookupError(
            f"no Debian main archive in {SOURCES}; on another system give your own server "
            "in TEST_POSTGRES_DSN, TEST_MARIADB_DSN or TEST_MYSQL_DSN"
        )
    return max(debian, key=lambda source: suite in source.suites)


def _one_line(text: str) -> Iterator[Source]:
    """`deb [option=value ...] uri suite component ...`."""
    for line in text.splitlines():
        entry = re.match(r"deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line.strip())
        if entry:
            options, uri, suite, components = entry.groups("")
            given = dict(option.partition("=")[::2] for option in options.split())
            yield Source(uri, (suite,), tuple(components.split()), _trust(given))


def _deb822(text: str) -> Iterator[Source]:
    """Stanzas of `Field: value`, where an indented line continues the field before it."""
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for stanza in re.split(r"\n\s*\n", "\n".join(lines)):
        pairs = re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", stanza, re.MULTILINE)
        fields = {name.lower(): value for name, value in pairs}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        suites, components = (tuple(fields.get(k, "").split()) for k in ("suites", "components"))
        yield Source(fields.get("uris", "").split()[0], suites, components, _trust(fields))


def _trust(fields: dict[str, str]) -> str:
    """The two fields that say why an archive is trusted; a key in the file may have many lines."""
    names = {"signed-by": "Signed-By", "trusted": "Trusted"}
    return "".join(f"{names[k]}: {fields[k]}\n" for k in names if k in fields)


def _machine_settings(folder: Path) -> str:
    """How this machine reaches and trusts its archive: proxies, expiry checks; not its hooks."""
    lines = _output("apt-config", folder, "dump").splitlines()
    wanted = re.compile(r'Acquire::(?!IndexTargets|Languages|Retries)\S+ ".+";')
    return "\n".join(line for line in lines if wanted.fullmatch(line)) + "\n"


def _output(program: str, folder: Path, *arguments: str) -> str:
    log = folder / f"{program}.log"
    children.finish((_program(program), *arguments), log=log, name=program)
    return log.read_text()


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise LookupError(f"{name} is not on this machine, which the servers' packages need")
    return found
