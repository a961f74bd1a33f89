"""What became of each secret of a run, as JSON that programs may hold on to."""

import json
from collections.abc import Iterable

from rotctl.state.fleet import Report


def document(done: Iterable[Report]) -> str:
    """The reports as JSON; docs/rotctl.md has the keys."""
    return json.dumps([_of(each) for each in done], indent=2)


def _of(report: Report) -> dict[str, object]:
    return {
        "name": report.secret.name,
        "arn": report.secret.arn,
        "result": str(report.result),
        "words": report.result.words,
        "version": report.version or None,
        "step": report.progress.step if report.progress.code else None,
        "code": report.progress.code or None,
        "message": report.why or None,
    }
