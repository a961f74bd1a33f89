"""The referee's function where it is deployed: a stack of CloudFormation, and a canary."""

import json
import time
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from local.verify.place import Place

SOURCE = Path(__file__).with_name("function.py")
# Until the role and the permission are known everywhere, or an answer is as it should not be.
READY_SECONDS = {"emulator": 30.0, "aws": 300.0}
CANARY_SECONDS = {"emulator": 0.0, "aws": 90.0}
POLL_SECONDS = {"emulator": 0.5, "aws": 3.0}
FAILED = "FAILED", "ROLLBACK_COMPLETE"
# A refusal, silence, or what is no CloudFormation's answer at all.
NO_ANSWER = (ClientError, BotoCoreError, ResponseParserError)


class StackFailedError(Exception):
    """The stack could not be made or removed; the message has its status or the refusal."""


def stack_name(prefix: str) -> str:
    """The stack of the run with this prefix."""
    return prefix.replace("/", "-")


def canary_name(prefix: str) -> str:
    """The secret that the canary of this run looks at."""
    return f"{prefix}/canary"


def template(prefix: str) -> dict[str, Any]:
    """A function, its role with rights on secrets under the prefix alone, and who may invoke it.

    Without rights on logs nothing is left behind when the stack is gone.
    """
    secrets = f"arn:${{AWS::Partition}}:secretsmanager:*:${{AWS::AccountId}}:secret:{prefix}/*"
    names = "DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"
    rights = [f"secretsmanager:{name}" for name in (*names, "TagResource")]
    assume = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Action": rights, "Resource": {"Fn::Sub": secrets}}
    return {
        "Description": "Made by local.verify of secret-rotators; removed when it ends.",
        "Resources": {
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "AssumeRolePolicyDocument": _policy(assume),
                    "Policies": [{"PolicyName": "secrets", "PolicyDocument": _policy(policy)}],
                },
            },
            "Function": {
                "Type": "AWS::Lambda::Function",
                "Properties": {
                    "Runtime": "python3.13",
                    "Handler": "index.handler",
                    "Role": {"Fn::GetAtt": ["Role", "Arn"]},
                    "Code": {"ZipFile": SOURCE.read_text()},
                    "Timeout": 30,
                },
            },
            "Permission": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "Action": "lambda:InvokeFunction",
                    "FunctionName": {"Ref": "Function"},
                    "Principal": "secretsmanager.amazonaws.com",
                    "SourceAccount": {"Ref": "AWS::AccountId"},
                },
            },
        },
        "Outputs": {"Function": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}},
    }


def deploy(place: Place) -> str:
    """Make the stack of this run; the function's ARN. Raises StackFailedError."""
    name = stack_name(place.prefix)
    formation = place.client("cloudformation")
    try:
        formation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template(place.prefix)),
            Capabilities=["CAPABILITY_IAM"],
            OnFailure="DO_NOTHING",
        )
    except NO_ANSWER as error:
        raise StackFailedError(f"CloudFormation: {str(error).partition(chr(10))[0]}") from None
    outputs = _wait(place, name, "CREATE_COMPLETE").get("Outputs", [])
    return next(str(item["OutputValue"]) for item in outputs)


def remove(place: Place, name: str) -> None:
    """Delete a stack and wait until it is gone. Raises StackFailedError."""
    place.client("cloudformation").delete_stack(StackName=name)
    _wait(place, name, "DELETE_COMPLETE")


def runs(place: Place, function: str) -> bool:
    """Whether the function is really run there, and reaches Secrets Manager.

    Its canary is to answer with the name of a secret, which only who asks the service can know.
    A failure may pass, as a new role is not known everywhere at once; another answer does not.
    """
    canary = canary_name(place.prefix)
    arn = place.client().create_secret(Name=canary, Description="a canary")["ARN"]
    deadline = time.monotonic() + CANARY_SECONDS[place.kind]
    while True:
        try:
            return _invoke(place, function, {"Canary": arn}) == {"Name": canary}
        except (*NO_ANSWER, _FailedError):
            if time.monotonic() >= deadline:
                return False
        time.sleep(POLL_SECONDS[place.kind])


class _FailedError(Exception):
    """The function was run, and failed."""


def _invoke(place: Place, function: str, event: dict[str, str]) -> object:
    answer = place.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    if "FunctionError" in answer:
        raise _FailedError
    try:
        return json.loads(answer["Payload"].read())
    except ValueError:  # no function's answer
        return None


def _wait(place: Place, name: str, wanted: str) -> dict[str, Any]:
    """The stack when it has come to this status; one that is not there has been deleted."""
    deadline = time.monotonic() + READY_SECONDS[place.kind]
    while True:
        try:
            (stack,) = place.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        except ClientError as error:
            if wanted == "DELETE_COMPLETE" and "does not exist" in str(error):
                return {}
            raise StackFailedError(f"stack {name}: {error}") from None
        status = stack["StackStatus"]
        if status == wanted:
            return dict(stack)
        if status.endswith(FAILED) or time.monotonic() >= deadline:
            raise StackFailedError(f"stack {name} is {status} instead of {wanted}")
        time.sleep(POLL_SECONDS[place.kind])


def _policy(statement: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}
