"""A rotation as a table that grows while it runs; no secret value is ever shown."""

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from local.demo.table import table
from local.demo.verdict import Check
from local.demo.witness import Moment, Scene, Witness

PREFIX = "AWS"


class Timeline:
    """Shows one rotation after the other, each as its own live table."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None

    def begin(self, title: str) -> None:
        """Open the table of a rotation."""
        self._console.print()
        self._console.rule(f"[bold]{title}", align="left")
        self._live = Live(console=self._console, refresh_per_second=12)
        self._live.start()

    def show(self, witness: Witness) -> None:
        """Draw the rotation as it is now."""
        if self._live:
            self._live.update(_table(witness), refresh=True)

    def end(self) -> None:
        """Leave the table as it stands."""
        if self._live:
            self._live.stop()
            self._live = None


def _table(witness: Witness) -> RenderableType:
    drawn = table(("step", "old version", "new version", "target accepts"), ("calls", "ms"))
    for scene in witness.scenes:
        drawn.add_row(*_row(scene, witness))
        if scene.step.outcome == "failed":
            drawn.add_row(Text("  retried", "yellow"), Text(str(scene.step.error_type), "yellow"))
    if witness.running:
        return Group(drawn, Spinner("dots", Text(witness.running.name, "bold")))
    return drawn


def _row(scene: Scene, witness: Witness) -> tuple[RenderableType, ...]:
    failed = scene.step.outcome == "failed"
    return (
        Text(f"{'✗' if failed else '✓'} {scene.step.name}", "yellow" if failed else "bold"),
        change(scene, witness.old),
        change(scene, witness.version_id),
        Text.assemble("old ", accepted(scene.after, witness.old), "  new ",
                      accepted(scene.after, witness.version_id)),
        str(scene.calls),
        f"{scene.step.duration * 1000:.0f}",
    )  # fmt: skip


def change(scene: Scene, version_id: str) -> Text:
    """The version's labels: before and after, where the step moved them."""
    before, after = (_labels(moment, version_id) for moment in (scene.before, scene.after))
    if before == after:
        return Text(after, "dim")
    return Text.assemble((before, "dim"), " → ", (after, "cyan"))


def _labels(moment: Moment, version_id: str) -> str:
    labels = moment.labels.get(version_id, ())
    return "+".join(label.removeprefix(PREFIX) for label in labels) or "no label"


def accepted(moment: Moment, version_id: str) -> Text:
    """Whether the target lets the version in; a dash where it has no value yet."""
    if version_id not in moment.accepted:
        return Text("–", "dim")
    return Text("✓", "green") if moment.accepted[version_id] else Text("✗", "red")


def summary(rotations: list[tuple[Witness, list[Check]]]) -> Table:
    """All rotations, a line each: what they cost and whether every promise was kept."""
    drawn = table(("target", "function"), ("tries", "calls", "seconds"))
    drawn.add_column("promises kept")
    for witness, checks in rotations:
        broken = [check.promise for check in checks if not check.kept]
        good = Text(f"all {len(checks)}", "green")
        drawn.add_row(
            witness.target.title,
            witness.target.function,
            str(witness.outcome.attempts if witness.outcome else "–"),
            str(sum(scene.calls for scene in witness.scenes)),
            f"{sum(scene.step.duration for scene in witness.scenes):.2f}",
            good if not broken else Text("BROKEN: " + "; ".join(broken), "bold red"),
        )
    return drawn
