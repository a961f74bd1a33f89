"""Whether what is stored is what the rules say: what testSecret and a diagnosis tell."""

import logging
from collections.abc import Callable

from rotators.generated.credential import Generated, Held
from rotators.generated.forms.keyring import NOTHING
from rotators.generated.forms.pair import Pair
from rotators.generated.forms.value import Value
from shared.errors import Rejected
from shared.protocol.contract import StoredVersion
from shared.protocol.findings import Findings, Link, State

LOG = logging.getLogger(f"rotation.{__name__}")
_DO = "rotate: the next value is made by the rule"


def require_proof(stored: Generated, is_only_tested: Callable[[], bool]) -> None:
    """Raises Rejected for the first field that is not as its rule says.

    A person's own value is used by clients as it is, so where it is only tested it is warned of.
    """
    for each in stored.held():
        flaw = each.form.flaw(each.value)
        if flaw and _is_usable(each) and is_only_tested():
            LOG.warning("'%s' %s: the next rotation replaces it", each.name, flaw)
        elif flaw:
            raise _refusal(each, flaw)


def prove(version: StoredVersion[Generated], findings: Findings, proved: str) -> None:
    """Tell of each field that is not as its rule says; of a usable one as a warning."""
    flaws = [(each, each.form.flaw(each.value)) for each in version.credential.held()]
    flawed = [(each, flaw) for each, flaw in flaws if flaw]
    worst = State.WARNING if all(_is_usable(each) for each, _ in flawed) else State.BROKEN
    with findings.looking(Link.LOGIN, proved, of=version.of, otherwise=worst):
        if flawed:
            raise _refusal(flawed[0][0], "; ".join(_told(*each) for each in flawed))


def _refusal(each: Held, flaw: str) -> Rejected:
    what = flaw if flaw.startswith("generated") else _told(each, flaw)
    return Rejected(what, do=_DO, field=each.name)


def _told(each: Held, flaw: str) -> str:
    return f"generated value: '{each.name}' {flaw}"


def _is_usable(each: Held) -> bool:
    """A value that a person stored, one that is not there yet, and a text in a pair's place."""
    is_text = isinstance(each.form, Pair) and isinstance(each.value, str)
    return isinstance(each.form, Value) or is_text or each.value in NOTHING
