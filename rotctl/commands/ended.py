"""How a rotation or a test that was followed ended, as it is told."""

from collections.abc import Callable

from rotctl.output.screen import say
from rotctl.state.following import End, Ending, Watched


def ending_line(watched: Watched, ending: Ending, *, done: str = "rotated") -> str:
    """One line, with what to do next where it is not done."""
    name, group = watched.secret.name, watched.function.log_group
    failed = f"failed at {ending.progress.step}, {ending.progress.code}; {ending.progress.action}"
    said = {
        End.DONE: done,
        End.FAILED: failed,
        End.UNKNOWN: "it is over, and no line of the function says how; see"
        f" `rotctl history {name}` in some minutes, and the log group {group}",
        End.UNFINISHED: f"not ended yet; see `rotctl status --prefix {name}`, and {group}",
    }
    return f"{name}: {said[ending.end]}"


def tell_ending(
    watched: Watched, ending: Ending, *, done: str, show: Callable[[str], None] = say
) -> None:
    """The same, shown."""
    show(ending_line(watched, ending, done=done))
