"""`python -m local.servers [NAME ...] [--only-fetch]`: fetch servers, or run them until Ctrl-C.

Without a name: all of them are fetched, or the usual ones run.
"""

import argparse
import signal
from collections.abc import Mapping
from contextlib import ExitStack

from local.bootstrap import ROOT, say
from local.servers.certificates import Authority, write_private
from local.servers.choice import ServerChoice
from local.servers.prefix import prefix
from local.targets import registry

FOLDER = ROOT / ".cache" / "servers"


def main() -> None:
    """Fetch or run what the command line names; a SIGTERM ends it as orderly as Ctrl-C."""
    choices = registry.servers()
    parser = argparse.ArgumentParser(prog="python -m local.servers", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(choices))
    parser.add_argument("--only-fetch", action="store_true", help="unpack them and run nothing")
    given = parser.parse_args()
    usual = [name for name, choice in choices.items() if given.only_fetch or choice.usual]
    names = list(dict.fromkeys(given.names)) or usual
    if unknown := set(names) - set(choices):
        parser.error(f"no server is called {', '.join(sorted(unknown))}; choose from {[*choices]}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        for name in names:
            prefix(choices[name].recipe)
        if not given.only_fetch:
            serve({name: choices[name] for name in names})
    except KeyboardInterrupt:
        say("stopped")


def serve(choices: Mapping[str, ServerChoice]) -> None:
    """Run the servers until a signal; their passwords go to a file that only its owner reads."""
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = Authority(FOLDER)
    passwords = FOLDER / "passwords"
    with ExitStack() as stack:
        stack.callback(passwords.unlink, missing_ok=True)
        servers = {
            name: stack.enter_context(choice.run(FOLDER, authority))
            for name, choice in choices.items()
        }
        lines = (f"{name} {server.password}\n" for name, server in servers.items())
        write_private(passwords, "".join(lines).encode())
        for name, server in servers.items():
            print(f"{name}: {server.host}:{server.port} {server.admin} ({server.version})")
        print(f"passwords: {passwords}\ncertificate authority: {authority.ca}", flush=True)
        signal.pause()


if __name__ == "__main__":
    main()
