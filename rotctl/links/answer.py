"""What the function itself has seen: it is asked, and changes nothing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rotctl.aws import functions
from rotctl.aws.functions import Function, Sight
from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.links.check import Check, Health, Link
from rotctl.trouble import Denied, Failed, Passing, Trouble

_TASK = "diagnose"
# Of an error that AWS gave the function, with AWS's code for it.
_DENIED = re.compile(r"(?:secretsmanager|rds|kms):\w+\b.*: .* \((?P<code>\w+)\)")
_LINK_OF_CODE = {
    "AccessDenied": Link.ROLE,
    "AccessDeniedException": Link.ROLE,
    "KMSAccessDeniedException": Link.KEY,
    "DecryptionFailure": Link.KEY,
    "EncryptionFailure": Link.KEY,
}
_FOREIGN = Check(
    *(Link.SETTINGS, Health.UNKNOWN, "the function is none of these, so it is not asked"),
    "see `rotctl adopt --help` for one of AWS's; else docs/operating.md has what you can do",
)
_WORST = (Health.BROKEN, Health.WARNING, Health.UNKNOWN, Health.OK)
# A function of before could not be asked; another's does not know the event.
_NOT_KNOWN = ("InvalidEvent",)


@dataclass(frozen=True, slots=True)
class Reset:
    """What an admin's keeper can allow, by a tag on the secret `admin`, an ARN.

    subject: the user, or the owner of the key. tag: the key; value: the rotation's version and
    `proof`.
    """

    admin: str
    subject: str
    tag: str
    proof: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The function's; reset: what the keeper of its admin may allow, where there is an admin.

    missing: the right that the caller lacks to ask. complete: whether all was looked at.
    """

    checks: Sequence[Check] = ()
    reset: Reset | None = None
    missing: str = ""
    complete: bool = True

    def of_version(self, link: Link, *names: str) -> Check | None:
        """The worst that was seen at this link of the version with one of these names, if any."""
        found = [each for each in self.checks if each.link == link and each.of in names]
        return min(found, key=lambda each: _WORST.index(each.health), default=None)

    def broken(self, *links: str) -> list[Check]:
        """What is broken at these links."""
        return [each for each in self.checks if each.link in links and each.health is Health.BROKEN]


def ask(aws: Aws, secret: Secret, function: Function) -> Answer:
    """What it answers, or why it gave no answer, which is told of the function; never raises.

    Another's function is not asked: nobody knows what it would do, or say.
    """
    if function.sight is Sight.THERE and not function.is_ours:
        return Answer((_FOREIGN,), complete=False)
    try:
        told = functions.ask(aws, secret, _TASK)
    except (Denied, Passing) as unseen:
        check = Check(Link.SETTINGS, Health.UNKNOWN, unseen.what, unseen.do, code=unseen.code)
        missing = "lambda:InvokeFunction" if isinstance(unseen, Denied) else ""
        return Answer((check,), missing=missing, complete=False)
    except Failed as failed:
        return Answer((_failed(failed),), complete=False)
    except Trouble as trouble:
        check = Check(Link.SETTINGS, Health.BROKEN, trouble.what, trouble.do, code=trouble.code)
        return Answer((check,), complete=False)
    findings = told.get("findings")
    if not isinstance(findings, list):
        return Answer((_FOREIGN,), complete=False)
    checks = tuple(_check(each) for each in findings)
    return Answer(checks, _reset(told.get("reset")), complete=bool(told.get("complete")))


def _reset(told: object) -> Reset | None:
    if not isinstance(told, dict):
        return None
    return Reset(*(str(told[name]) for name in ("admin", "subject", "tag", "proof")))


def _check(finding: Mapping[str, Any]) -> Check:
    what, code = str(finding["what"]), str(finding["code"])
    link = str(finding["link"])
    link = Link.SETTINGS if link == Link.FUNCTION else link
    if denied := _DENIED.fullmatch(what):
        link = _LINK_OF_CODE.get(denied["code"], link)
    return Check(
        *(link, Health(finding["state"]), what, str(finding["do"]), str(finding["of"]), code),
        field=str(finding["field"] or ""),
    )


def _failed(failed: Failed) -> Check:
    if failed.code in _NOT_KNOWN:
        what = "the function is too old to be asked"
        return Check(Link.SETTINGS, Health.UNKNOWN, what, "deploy the current release")
    finding = {"link": Link.FUNCTION, "state": Health.BROKEN, "of": "", "field": None}
    what = failed.what.removeprefix(f"{_TASK}: ")
    return _check({**finding, "what": what, "do": failed.do, "code": failed.code})
