"""`rotctl`, and `python -m rotctl`."""

import sys

from rotctl.cli import app
from rotctl.output.screen import tell
from rotctl.trouble import Trouble


def main() -> None:
    """Run a command; what keeps it from going on is one plain line, and exit code 2."""
    try:
        app(prog_name="rotctl")
    except Trouble as trouble:
        tell(f"rotctl: {trouble}")
        sys.exit(2)


if __name__ == "__main__":
    main()
