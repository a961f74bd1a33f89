"""A network bridge of our own, so that no other engine's is touched."""

import ipaddress
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.sam.errors import CannotRunError

# Networks to choose from; Docker's own choices begin at 172.17.
POOL = ipaddress.ip_network("172.31.0.0/16")
PREFIX = 24
NAME = "rotate"  # and the process's id; an interface's name has 15 characters at most


@dataclass(frozen=True, slots=True)
class Bridge:
    """Its interface, and its address: what containers reach this machine at."""

    name: str
    address: str


@contextmanager
def bridge(env: Mapping[str, str]) -> Iterator[Bridge]:
    """Make a bridge while the block runs; `env` is where `ip` is found."""
    _sweep(env)
    network = _free(env)
    made = Bridge(f"{NAME}{os.getpid()}", str(network[1]))
    _ip(env, "link", "add", "name", made.name, "type", "bridge")
    try:
        _ip(env, "address", "add", f"{made.address}/{PREFIX}", "dev", made.name)
        _ip(env, "link", "set", made.name, "up")
        yield made
    finally:
        _ip(env, "link", "delete", made.name)


def _sweep(env: Mapping[str, str]) -> None:
    """Remove the bridges of processes that were killed before they could."""
    for link in json.loads(_ip(env, "-json", "link", "show", "type", "bridge") or "[]"):
        name = str(link.get("ifname", ""))
        made_by = name.removeprefix(NAME)
        if name != made_by and made_by.isdecimal() and not Path("/proc", made_by).exists():
            _ip(env, "link", "delete", name)


def _free(env: Mapping[str, str]) -> ipaddress.IPv4Network:
    """A network that this machine has no route to but the default one."""
    routes = json.loads(_ip(env, "-json", "-4", "route") or "[]")
    known = [
        ipaddress.IPv4Network(route["dst"], strict=False)
        for route in routes
        if route["dst"] != "default"
    ]
    for network in ipaddress.IPv4Network(POOL).subnets(new_prefix=PREFIX):
        if not any(network.overlaps(each) for each in known):
            return network
    raise CannotRunError(f"this machine has routes to all of {POOL}")


def _ip(env: Mapping[str, str], *words: str) -> str:
    done = subprocess.run(
        ["ip", *words],  # noqa: S607 - of the packages in env's PATH
        env=dict(env),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotRunError(f"`ip {' '.join(words)}` failed: {done.stderr.strip()}")
    return done.stdout
