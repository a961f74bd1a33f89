"""A resource policy's text: its grammar, and whether it opens the secret to everybody.

The texts of the errors are the user guide's ("Attach a resource policy"). Here nobody is refused
anything because of a policy: what it grants, denies or locks out is not worked out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from local.secrets_manager import errors

_VERSIONS = ("2012-10-17", "2008-10-17")
_ELEMENTS = frozenset({"Version", "Id", "Statement"})
_STATEMENT = frozenset(
    {
        *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction"),
        *("Resource", "NotResource", "Condition"),
    }
)
_PRINCIPALS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
# Everybody, an account, or somebody in one; whether there is such a user or role is not known here.
_AWS_PRINCIPAL = re.compile(r"[*]|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+", re.ASCII)
# A condition on one of these narrows a policy for everybody (user guide).
_NARROWING = frozenset(
    {"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceaccount", "aws:principalorgid"}
)

Statement = Mapping[str, Any]


def parse(text: str) -> list[Statement]:
    """The policy's statements; raises MalformedPolicyDocumentException."""
    try:
        policy = json.loads(text)
    except (ValueError, RecursionError):
        policy = None
    statements = _statements(policy)
    if not statements or not all(_is_statement(statement) for statement in statements):
        raise _malformed("This resource policy contains a syntax error.")
    if not all(_is_principal(statement) for statement in statements):
        raise _malformed("This resource policy contains an unsupported principal.")
    return statements


def is_public(statements: list[Statement]) -> bool:
    """Whether a statement allows everybody, under no condition that narrows that.

    AWS works this out with Zelkova; that a wildcard is what counts is the API reference's.
    """
    return any(
        statement["Effect"] == "Allow"
        and ("NotPrincipal" in statement or "*" in _names(statement["Principal"]))
        and not _NARROWING.intersection(_condition_keys(statement))
        for statement in statements
    )


def _statements(policy: object) -> list[Any]:
    """The policy's statements, unread; none of what is no policy."""
    if not isinstance(policy, dict) or not policy.keys() <= _ELEMENTS:
        return []
    if policy.get("Version", _VERSIONS[0]) not in _VERSIONS:
        return []
    statements = policy.get("Statement")
    return statements if isinstance(statements, list) else [statements]


def _is_statement(statement: object) -> bool:
    return (
        isinstance(statement, dict)
        and statement.keys() <= _STATEMENT
        and statement.get("Effect") in ("Allow", "Deny")
        and _has_one(statement, "Principal", "NotPrincipal")
        and _has_one(statement, "Action", "NotAction")
        and _has_one(statement, "Resource", "NotResource")
        and all(
            _is_texts(statement[key])
            for key in ("Action", "NotAction", "Resource", "NotResource")
            if key in statement
        )
        and _is_condition(statement.get("Condition", {}))
    )


def _has_one(statement: Statement, *keys: str) -> bool:
    return sum(key in statement for key in keys) == 1


def _is_texts(value: object) -> bool:
    """Whether it is a text or a list of at least one."""
    texts = _texts(value)
    return bool(texts) and all(isinstance(text, str) for text in texts)


def _is_condition(condition: object) -> bool:
    return isinstance(condition, dict) and all(
        isinstance(keys, dict) for keys in condition.values()
    )


def _is_principal(statement: Statement) -> bool:
    principal = statement.get("Principal", statement.get("NotPrincipal"))
    if not isinstance(principal, dict):
        return bool(principal == "*")
    return (
        bool(principal)
        and principal.keys() <= _PRINCIPALS
        and all(_is_texts(names) for names in principal.values())
        and all(_AWS_PRINCIPAL.fullmatch(name) for name in _texts(principal.get("AWS", [])))
    )


def _names(principal: str | Mapping[str, Any]) -> Iterator[str]:
    for names in principal.values() if isinstance(principal, Mapping) else [principal]:
        yield from _texts(names)


def _texts(value: Any) -> list[str]:  # noqa: ANN401 a text or a list of them, as JSON has it
    return value if isinstance(value, list) else [value]


def _condition_keys(statement: Statement) -> set[str]:
    return {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}


def _malformed(message: str) -> errors.Refusal:
    return errors.refusal("MalformedPolicyDocumentException", message)
