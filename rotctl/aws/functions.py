"""Rotation functions: as Lambda describes them, each asked for once, and by their own answers."""

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from rotctl.aws.secrets import Secret
from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Failed, Missing

_NAME = 6  # arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
_OURS = re.compile(r"rotators\.(?P<kind>\w+)\.(?P<handler>\w+)")
_SECONDS = 900  # the longest that Lambda lets a function run


class Sight(Enum):
    """Whether the function is there, as far as the caller may see."""

    THERE = auto()
    GONE = auto()
    HIDDEN = auto()


@dataclass(frozen=True, slots=True)
class Function:
    """A function: `target` is what it rotates, `timeout` the seconds that a step may take.

    arn: as Lambda has it, without a version or alias; empty where Lambda has not said it.
    is_ours: whether its handler is one of the suite's; runtime: such as python3.9.
    vpc: the VPC that it is in, or empty; groups: its security groups there.
    role: its ARN; fault: why Lambda cannot run it, empty where nothing is known of that.
    not_updated: why the last update of it was not made, or empty.
    """

    name: str
    target: str
    log_group: str
    timeout: int = _SECONDS
    sight: Sight = Sight.THERE
    arn: str = ""
    is_ours: bool = False
    runtime: str = ""
    vpc: str = ""
    groups: frozenset[str] = frozenset()
    role: str = ""
    fault: str = ""
    not_updated: str = ""


class Functions:
    """Each function by its ARN, asked for once, whatever thread asks."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._known: dict[str, Function] = {}
        self._asking = threading.Lock()

    def __getitem__(self, arn: str) -> Function:
        with self._asking:
            if arn not in self._known:
                self._known[arn] = self._ask(arn)
            return self._known[arn]

    def _ask(self, arn: str) -> Function:
        name = name_of(arn)
        if not name:
            return Function("", "managed by AWS", "")
        usual = f"/aws/lambda/{name}"
        try:
            answer = self._aws.call("lambda", "get_function_configuration", FunctionName=arn)
        except Missing:
            return Function(name, name, usual, sight=Sight.GONE)
        except Denied:
            return Function(name, name, usual, sight=Sight.HIDDEN)
        target = _target(answer.get("Handler", ""))
        network = answer.get("VpcConfig", {})
        return Function(
            name,
            target or name,
            answer.get("LoggingConfig", {}).get("LogGroup", usual),
            answer.get("Timeout", _SECONDS),
            arn=answer.get("FunctionArn", ""),
            is_ours=bool(target),
            runtime=answer.get("Runtime", ""),
            vpc=network.get("VpcId", ""),
            groups=frozenset(network.get("SecurityGroupIds", ())),
            role=answer.get("Role", ""),
            fault=_fault(answer),
            not_updated=_not_updated(answer),
        )


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The function's tags, which are of no version or alias of it; raises Trouble."""
    unqualified = ":".join(arn.split(":")[: _NAME + 1])
    return dict(aws.call("lambda", "list_tags", Resource=unqualified).get("Tags", {}))


def ask(aws: Aws, secret: Secret, step: str, **more: str) -> dict[str, Any]:
    """What the secret's function answers to a task of an operator's, such as `diagnose`.

    Raises Failed with the function's own message, and Trouble.
    """
    event = {"Step": step, "SecretId": secret.arn, **more}
    answer = aws.call(
        "lambda", "invoke", FunctionName=secret.function, Payload=json.dumps(event).encode()
    )
    told = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        what, _, do = str(told.get("errorMessage", "")).partition("; ")
        raise Failed(
            what or f"function {name_of(secret.function)} ended without an answer",
            do=do or "see its log",
            code=str(told.get("errorType", "")),
        )
    # A function that is not one of these, or an older one, may answer anything.
    return dict(told) if isinstance(told, dict) else {}


def name_of(arn: str) -> str:
    """The function's name, without the version or alias."""
    parts = arn.split(":")
    return parts[_NAME] if len(parts) > _NAME else ""


def _fault(answer: Mapping[str, Any]) -> str:
    """By its state, which has a code of AWS's where it failed."""
    if answer.get("State") != "Failed":
        return ""
    return f"its state is Failed ({answer.get('StateReasonCode', 'no reason')})"


def _not_updated(answer: Mapping[str, Any]) -> str:
    """Lambda goes on with the code and the settings of before (its guide, "Function states")."""
    if answer.get("LastUpdateStatus") != "Failed":
        return ""
    reason = answer.get("LastUpdateStatusReasonCode", "no reason")
    return f"its last update failed ({reason}), so it is as before"


def _target(handler: str) -> str:
    """`rotators.postgres.single_user` is "postgres single user"; empty for other functions."""
    ours = _OURS.fullmatch(handler)
    if not ours:
        return ""
    words = ours["kind"] if ours["handler"] == "lambda_handler" else " ".join(ours.groups())
    return words.replace("_", " ")
