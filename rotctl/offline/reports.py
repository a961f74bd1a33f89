"""Reports on files, by the functions that judge them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rotctl.aws.variables import Deployed
from rotctl.files import Source
from rotctl.offline import suite
from rotctl.offline.judgement import judge
from rotctl.offline.shape import Said, What
from rotctl.offline.suite import Function
from rotctl.state.finding import Report
from rotctl.trouble import Trouble


def reports(
    sources: Iterable[Source], kind: str, flag: str, deployed: Deployed | None
) -> list[Report]:
    """A report on each file; raises Trouble.

    kind: what the person says by --as, with dashes; flag: `admin`, `description`, or empty.
    deployed: the function to judge as; None for all, by the defaults.
    """
    what = {"": None, "admin": What.ADMIN, "description": What.DESCRIPTION}[flag]
    said = Said(kind.replace("-", "_"), what, _how(kind, flag))
    known: Sequence[Function]
    if deployed is None:
        known = suite.functions()
    else:
        known = [suite.function(deployed.kind, deployed.handler, deployed.variables)]
        how = said.how or f"the function rotates {known[0].title}"
        said = replace(said, kind=deployed.kind, what=what or What.SECRET, how=how)
    kinds = {each.kind for each in known}
    if said.kind and said.kind not in kinds:
        names = ", ".join(sorted(each.replace("_", "-") for each in kinds))
        raise Trouble(f"--as {kind!r}: there is no such kind", do=f"give one of {names}")
    return [_report(source, said, known) for source in sources]


def _how(kind: str, flag: str) -> str:
    words = [f"--as {kind}"] if kind else []
    words += [f"--{flag}"] if flag else []
    return f"you say {' '.join(words)}" if words else ""


def _report(source: Source, said: Said, known: Sequence[Function]) -> Report:
    if source.text is None:
        return Report(source.name, source.findings)
    judged = judge(source.text, said, known)
    findings = [*judged.findings, *source.findings]
    if judged.taken is None:
        return Report(source.name, findings)
    what, kind, why = judged.taken.what, judged.taken.kind, judged.taken.why
    if what is What.DESCRIPTION:
        findings = list(judged.findings)  # which has no secret in it that others might read
    return Report(source.name, findings, what=str(what), kind=kind.replace("_", "-"), why=why)
