"""`rotctl`, and `python -m rotctl`."""

import io
import sys
import traceback
from pathlib import Path

from rotctl.cli import app
from rotctl.output.screen import tell
from rotctl.trouble import Trouble


def main() -> None:
    """Run a command; what keeps it from going on is one plain line, and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding does not have is no reason to end.
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="rotctl")
    except Trouble as trouble:
        tell(f"rotctl: {trouble}")
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 whatever it is: its text, or a traceback, may have a value
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        tell(f"rotctl: it ended by a defect ({type(error).__name__} in {where}); report this line")
        sys.exit(2)


if __name__ == "__main__":
    main()
