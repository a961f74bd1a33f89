"""Whom a resource policy lets in, as far as the policy tells by itself.

Sources: IAM User Guide, "AWS JSON policy elements: Principal" and "How IAM Access Analyzer
evaluates a policy"; AWS KMS Developer Guide, "Default key policy", on kms:CallerAccount.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

# A condition that holds one of these to values without a wildcard is not for everybody.
_NARROWING = frozenset({
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
    *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"),
    *("aws:sourcevpc", "aws:sourcevpce", "aws:userid", "kms:calleraccount"),
})  # fmt: skip
# Those that hold for what equals, and for nothing else; not `...IfExists`, which holds without.
_EQUALS = re.compile(
    r"(ForAnyValue:)?(String(Equals(IgnoreCase)?|Like)|Arn(Equals|Like))", re.IGNORECASE
)
_ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:(?:iam|sts)::)?(\d{12})(?::.*)?")
_OF_ACCOUNT = re.compile(r"arn:[^:]*:[^:]*:[^:]*:\d{12}:")

Policy = Mapping[str, Any]


def is_public(policy: Policy) -> bool:
    """Whether a statement allows everybody, under no condition that narrows that."""
    return any(
        ("NotPrincipal" in each or "*" in _principals(each)) and not _is_narrowed(each)
        for each in _allowing(policy)
    )


def accounts(policy: Policy) -> set[str]:
    """The accounts that are let in by their number or by somebody in them."""
    found = (_ACCOUNT.fullmatch(name) for each in _allowing(policy) for name in _principals(each))
    return {each[1] for each in found if each}


def _allowing(policy: Policy) -> Iterator[Mapping[str, Any]]:
    for statement in _listed(policy.get("Statement")):
        if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
            yield statement


def _principals(statement: Mapping[str, Any]) -> list[str]:
    """Of AWS and of everybody; a service, or who logs in elsewhere, is none of these."""
    principal = statement.get("Principal")
    return _listed(principal.get("AWS") if isinstance(principal, Mapping) else principal)


def _is_narrowed(statement: Mapping[str, Any]) -> bool:
    return any(
        _EQUALS.fullmatch(operator)
        and key.lower() in _NARROWING
        and not any(_is_anything(key.lower(), str(value)) for value in _listed(values))
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _is_anything(key: str, value: str) -> bool:
    """Whether a value may fit everybody's; an ARN's account is enough."""
    if key in ("aws:sourcearn", "aws:principalarn") and _OF_ACCOUNT.match(value):
        return False
    return "*" in value or "?" in value


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 one or a list of them, as JSON has it
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
