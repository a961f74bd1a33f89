"""The chain of a diagnosis, nested as its links hang on each other; and as JSON."""

from collections.abc import Iterable

from rich.text import Text

from rotctl.healing.case import Verdict
from rotctl.links.chain import Chain
from rotctl.links.check import Check, Health, Link
from rotctl.output.times import iso

_STYLES = {Health.OK: "green", Health.WARNING: "yellow", Health.BROKEN: "bold red"}
_INDENT = "  "


def in_order(checks: Iterable[Check]) -> list[Check]:
    """Each after what it needs; one that is not known here goes last."""
    rank = {str(link): number for number, link in enumerate(Link)}
    return sorted(checks, key=lambda check: rank.get(check.link, len(rank)))


def lines(chain: Chain) -> list[Text]:
    """A line for each link, and one more for what to do about it."""
    shown = []
    for check in in_order(chain.checks):
        indent = _INDENT * check.depth
        of = f" of {check.of}" if check.of else ""
        mark = Text(f"{indent}{check.health:<8}", _STYLES.get(check.health, "dim"))
        shown.append(mark.append(f"{check.link}{of}: {check.what}", "default"))
        if check.do and check.health is not Health.OK:
            shown.append(Text(f"{indent}{' ' * 8}-> {check.do}", "default"))
    return shown


def headline(chain: Chain, verdict: Verdict) -> str:
    """What is wrong, in one line, with what to do next."""
    do = f"; {verdict.do}" if verdict.do else ""
    return f"{chain.secret.name}: {verdict.words}{do}"


def document(chain: Chain, verdict: Verdict) -> dict[str, object]:
    """The diagnosis as JSON; docs/rotctl.md has the keys."""
    return {
        "name": chain.secret.name,
        "arn": chain.secret.arn,
        "case": str(verdict.case),
        "words": verdict.words,
        "do": verdict.do or None,
        "broken": verdict.case.is_broken,
        "status": chain.standing.words(),
        "since": iso(verdict.since),
        "version": verdict.version or None,
        "why": list(verdict.why),
        "complete": chain.answer.complete,
        "links": [
            {
                "link": check.link,
                "state": str(check.health),
                "what": check.what,
                "next": check.do or None,
                "of": check.of or None,
            }
            for check in in_order(chain.checks)
        ],
    }
