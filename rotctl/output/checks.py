"""What `rotctl check` has found: lines for files, a table for stored secrets, and JSON."""

from collections.abc import Iterable, Iterator, Sequence

from rich.table import Table

from rotctl.state.finding import Report, Verdict
from rotctl.state.storage import CHECKS

_STYLES = {Verdict.OK: "", Verdict.WARNING: "yellow", Verdict.BROKEN: "bold red"}
# The least width of a terminal that has room for a check's column.
_WIDTHS = {"rotation": 80, "key": 110, "replicas": 110, "policy": 110, "versions": 180, "use": 180}


def lines(report: Report) -> Iterator[str]:
    """A file's: what it was taken for, and each finding."""
    article = "an" if report.what.startswith(tuple("aeiou")) else "a"
    of = f" of {report.kind}" if report.kind else ""
    judged = f"judged as {article} {report.what}{of}, because {report.why}"
    yield f"{report.name}: {judged if report.what else 'not judged'}"
    for each in report.findings:
        yield f"  {each.verdict}: {each}"
    if not report.findings:
        yield f"  {Verdict.OK}"


def table(reports: Sequence[Report], width: int) -> Table:
    """A row for each stored secret; width: of the terminal, in characters."""
    counted = [sum(each.verdict is verdict for each in reports) for verdict in Verdict]
    caption = ", ".join(f"{n} {verdict}" for n, verdict in zip(counted, Verdict, strict=True))
    shown = Table(caption=caption, caption_justify="left", box=None, pad_edge=False)
    checks = [name for name in CHECKS if width >= _WIDTHS[name]]
    for heading in ("secret", "verdict", *checks):
        shown.add_column(heading, overflow="fold")
    for each in reports:
        cells = (_cell(each, name) for name in checks)
        shown.add_row(each.name, str(each.verdict), *cells, style=_STYLES[each.verdict])
    return shown


def _cell(report: Report, check: str) -> str:
    """What was seen where it is fine; of what is not, the line below tells."""
    found = [each for each in report.findings if each.about == check]
    return ", ".join(
        each.words if each.verdict is Verdict.OK else str(each.verdict) for each in found
    )


def actions(reports: Iterable[Report]) -> list[str]:
    """What is not fine of stored secrets, a line each."""
    return [
        f"{report.name}: {each.verdict}: {each}"
        for report in reports
        for each in report.findings
        if each.verdict is not Verdict.OK
    ]


def document(reports: Iterable[Report]) -> list[dict[str, object]]:
    """The reports as JSON; docs/rotctl.md has the keys."""
    return [
        {
            "name": report.name,
            "arn": report.arn or None,
            "what": report.what or None,
            "kind": report.kind or None,
            "why": report.why or None,
            "verdict": str(report.verdict),
            "findings": [
                {
                    "verdict": str(each.verdict),
                    "about": each.about or None,
                    "words": each.words,
                    "do": each.do or None,
                }
                for each in report.findings
            ],
        }
        for report in reports
    ]
