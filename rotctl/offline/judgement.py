"""The judgement on one file: what it is taken for, its faults, and what is risky."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from rotctl.offline import risks
from rotctl.offline.faults import Check, faults, in_words
from rotctl.offline.shape import Said, Taken, What, taken
from rotctl.offline.suite import Function
from rotctl.offline.trial import check_admin, check_description, check_secret
from rotctl.state.finding import Finding, Verdict, broken, warning
from shared.document.form import Text, read_text
from shared.document.value import load_value
from shared.errors import Misconfigured, RotationError

MOST_BYTES = 65_536  # of a secret's value (quotas of Secrets Manager)
_CHECKS: Mapping[What, Callable[[Function, Mapping[str, object]], None]] = {
    What.SECRET: check_secret,
    What.ADMIN: check_admin,
    What.DESCRIPTION: check_description,
}
_NO_OBJECT = broken(
    "",
    "a description is a JSON object, and this is none",
    "write it as docs/issuers.md shows",
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one file is taken for, None where nothing tells, and what was found in it."""

    taken: Taken | None
    findings: Sequence[Finding]


def judge(text: str, said: Said, known: Sequence[Function]) -> Judgement:
    """The judgement on a file's text by the functions that are given."""
    try:
        document = load_value(text)
        if said.what is What.DESCRIPTION and isinstance(document, Text):
            return Judgement(None, [_NO_OBJECT])
        readable = _readable(document)
    except RotationError as fault:
        return Judgement(None, [_finding(fault)])
    what = taken(readable, said, known)
    if what is None:
        return Judgement(None, [_unknown(readable, known)])
    own = _functions_of(what, known)
    findings = _faults(document, what, own[0])
    if len(text.encode()) > MOST_BYTES:
        findings.append(_too_long(len(text.encode())))
    if not findings and what.what is What.SECRET and document.get("masterarn") is not None:
        findings += _of_others(document, what, own[1:])
    told = {each.about for each in findings}
    risky = [each for each in _risks(readable, what, own[0]) if each.about not in told]
    return Judgement(what, [*findings, *risks.doubled(text), *risky])


def _functions_of(what: Taken, known: Sequence[Function]) -> list[Function]:
    """Those of its kind; of all that are alike in it where it is of no kind."""
    if what.kind:
        return [each for each in known if each.kind == what.kind]
    of_keys = what.what is What.DESCRIPTION
    return [each for each in known if each.takes_keys is of_keys]


def _faults(document: Mapping[str, object], what: Taken, function: Function) -> list[Finding]:
    """What the function refuses; where its settings are not known, they are no fault of a file."""
    return [
        replace(_finding(fault), verdict=Verdict.WARNING)
        if isinstance(fault, Misconfigured) and not function.settings
        else _finding(fault)
        for fault in faults(document, _check(what, function), function)
    ]


def _check(what: Taken, function: Function) -> Check:
    return partial(_CHECKS[what.what], function)


def _risks(document: Mapping[str, object], what: Taken, function: Function) -> list[Finding]:
    if what.what is What.DESCRIPTION:
        return []
    if function.engine is not None:
        return risks.of_login(document, admin=what.what is What.ADMIN)
    is_key = function.takes_keys and what.what is What.SECRET
    return risks.of_key(document, function) if is_key else []


def _of_others(
    document: Mapping[str, object], what: Taken, others: Sequence[Function]
) -> list[Finding]:
    """What another function of the kind would refuse in a secret that names its admin's."""
    found = []
    for other in others:
        for fault in faults(document, _check(what, other), other):
            why, do = in_words(fault)
            words = f"{other.title} would refuse it: {why}"
            found.append(warning(fault.field or "", words, do))
    return found


def _readable(document: Mapping[str, object]) -> Mapping[str, object]:
    """The document, with what a plain string says if it is a URL."""
    if isinstance(document, Text) and "://" in str(document["SecretString"]):
        return read_text(document, of="the secret")
    return document


def _finding(fault: RotationError) -> Finding:
    what, do = in_words(fault)
    return broken(fault.field or "", what, do)


def _unknown(document: Mapping[str, object], known: Sequence[Function]) -> Finding:
    """Why there is no telling what a file is."""
    if isinstance(document, Text):
        try:
            read_text(document, of="the secret")
        except RotationError as fault:
            return _finding(fault)
    if document.get("engine") is None:
        words = "nothing in it says what it is for"
        do = "add a field 'engine' or 'issuer', or say what it is by --as, --admin or --description"
        return broken("", words, do)
    engines = sorted({name for each in known if each.engine for name in each.engine.secret_engines})
    words = f"its engine is none that these functions rotate ({', '.join(engines)})"
    return broken("engine", words, "correct 'engine', or say which by --as")


def _too_long(size: int) -> Finding:
    words = f"it has {size:,} bytes, and a secret's value may have {MOST_BYTES:,}"
    return broken("", words, "make it shorter")
