"""A replayed step as text: outcome, labels, what the target accepts, calls, log; never a value."""

from collections.abc import Iterator
from itertools import groupby

from rich.console import Console
from rich.table import Table
from rich.text import Text

# The demo's own words for labels and for what a target accepts.
from local.demo.timeline import accepted, change
from local.demo.witness import Witness
from local.replay.run import Replayed
from local.secrets_manager import Call


def show_earlier(console: Console, replayed: Replayed) -> None:
    """One line for a step that only prepares."""
    step = replayed.scene.step
    how = f"failed: {step.error_type}" if replayed.failed else "done"
    console.print(f"· earlier step {step.name} {how}", style="dim", highlight=False)


def show(console: Console, replayed: Replayed, witness: Witness) -> None:
    """Everything about a step."""
    step = replayed.scene.step
    colour = "red" if replayed.failed else "green"
    took = f"{step.outcome} in {step.duration * 1000:.0f} ms"
    console.print()
    console.print(Text.assemble((step.name, "bold"), " ", (took, f"bold {colour}")))
    if replayed.failed:
        console.print(_long(f"{step.error_type}: {step.error_message}", colour), soft_wrap=True)
    console.print()
    console.print(_versions(replayed, witness))
    console.print()
    made = ", ".join(_call_lines(replayed.calls)) or "none"
    console.print(_long(f"AWS calls ({len(replayed.calls)}): {made}"), soft_wrap=True)
    console.print("log:" if replayed.log else "log: none")
    for line in replayed.log:
        console.print(_long(f"  {line}", "dim"), soft_wrap=True)


def _long(line: str, style: str = "") -> Text:
    """Text that rich takes as it is: neither markup nor wrapped, so that it can be copied."""
    return Text(line, style, no_wrap=True)


def _versions(replayed: Replayed, witness: Witness) -> Table:
    """The old and the new version; – where a version has no value yet."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("", "version", "labels", "target accepts"):
        table.add_column(heading, no_wrap=True)
    scene = replayed.scene
    for which, version_id in (("old", witness.old), ("new", witness.version_id)):
        before, after = (accepted(moment, version_id) for moment in (scene.before, scene.after))
        lets_in = after if before == after else Text.assemble(before, " → ", after)
        table.add_row(which, Text(version_id, "dim"), change(scene, version_id), lets_in)
    return table


def _call_lines(calls: tuple[Call, ...]) -> Iterator[str]:
    """Each call with what it was refused with; how often it was made in a row."""
    for (operation, error), same in groupby(calls, lambda call: (call.operation, call.error)):
        times = len(list(same))
        refused = f" refused with {error}" if error else ""
        yield operation + refused + (f" x{times}" if times > 1 else "")
