"""The Pythons that clients/ is tested on: the machine's own, else Debian's, unpacked."""

from pathlib import Path

from local import bootstrap
from local.build import bytecode
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage

FOLDER = ".cache/pythons"
REQUIREMENTS = "clients.txt"
# Of each version the suite of Debian's that has it; 3.12 is in none that can still be fetched.
SUITES = {"3.11": "bookworm", "3.12": "", "3.13": "trixie", "3.14": "sid"}


def environment(version: str) -> Path | None:
    """The programs of this Python's own environment, made first if it is not there: seconds.

    None where neither the machine nor Debian has this Python.
    """
    python = bytecode.python_of(version) or _debians(version)
    return bootstrap.sync(f"{FOLDER}/{version}", REQUIREMENTS, python) if python else None


def recipe(version: str) -> DebianPackage:
    """Where Debian has this Python."""
    name = f"python{version}"
    return DebianPackage(
        title=f"Python {version}",
        suite=SUITES[version],
        package=name,
        programs=f"usr/bin/{name}",
        server=f"usr/bin/{name}",
        needless=("media-types",),
    )


def _debians(version: str) -> str:
    if not SUITES[version]:
        return ""
    wanted = recipe(version)
    return str(prefix(wanted) / wanted.server)


def notice() -> str:
    """What `make test` says at its beginning, so that nobody takes untested for tested."""
    lacking = [version for version in SUITES if environment(version) is None]
    tested = ", ".join(version for version in SUITES if version not in lacking)
    said = f"clients: tested on Python {tested}"
    absent = "neither this machine nor a suite of Debian's has it"
    return f"{said}; NOT on {', '.join(lacking)}: {absent}" if lacking else said
