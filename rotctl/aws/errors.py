"""What an error of AWS or of its SDK means for the operator, in words of ours.

AWS's own text is not passed on, but for its code: it may repeat what was sent.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from botocore import exceptions as sdk
from botocore.exceptions import ClientError

from rotctl.trouble import Denied, Missing, Passing, Refused, Trouble


class _Row(NamedTuple):
    """What happened, as a clause behind the operation, and what to do about it."""

    kind: type[Trouble]
    clause: str
    do: str


# Each by its name in IAM and in the SDK; any other is Secrets Manager.
_SERVICES = {
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "cloudtrail": "CloudTrail",
    "sns": "SNS",
    "ssm": "Systems Manager",
    "kms": "KMS",
    "ecs": "ECS",
    "stepfunctions": "Step Functions",
    "resourcegroupstaggingapi": "Resource Groups Tagging",
}
# What IAM calls a service, where that is not by the SDK's name.
_PREFIXES = {"stepfunctions": "states", "resourcegroupstaggingapi": "tag"}
# What IAM calls an operation, where that is not by its own name.
_ACTIONS = {"Invoke": "InvokeFunction"}
_LOG_IN = "log in again (`aws sso login`, `aws login`, or new keys), then run this again"
_DENIED = _Row(Denied, "you have no right to it", "ask for the right {right}; see docs/rotctl.md")
_THROTTLED = _Row(
    Passing, "AWS asks to be called less often", "run this again in a minute, or for fewer secrets"
)
_FAILED = _Row(Passing, "AWS could not answer", "run this again in a minute")
_EXPIRED = _Row(Trouble, "your AWS credentials have expired", _LOG_IN)
_INVALID = _Row(Trouble, "that is no valid request", "check the name that you gave")
_UNKNOWN_KEY = _Row(
    Trouble, "AWS does not know your credentials", "check `aws sts get-caller-identity`"
)
_MISSING = _Row(Missing, "it is not there", "check the name, --region and --profile")
_NOT_RUN = _Row(
    Trouble,
    "Lambda cannot run the function",
    "mend what the code names; `aws lambda get-function-configuration` shows the function",
)
# Of Invoke, with HTTP status 502, though none of them passes (Lambda API reference, "Invoke").
_UNRUNNABLE = (
    "EC2AccessDeniedException",
    "ENILimitReachedException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "SubnetIPAddressLimitReachedException",
)
_ANSWERS: Mapping[str, _Row] = {
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _Row(Trouble, "the request came too late", "set this machine's clock"),
    "InvalidClientTokenId": _UNKNOWN_KEY,
    "UnrecognizedClientException": _UNKNOWN_KEY,
    "InvalidSignatureException": _UNKNOWN_KEY,
    "SignatureDoesNotMatch": _UNKNOWN_KEY,
    "Throttling": _THROTTLED,
    "ThrottlingException": _THROTTLED,
    "ThrottledException": _THROTTLED,
    "TooManyRequestsException": _THROTTLED,
    "RequestLimitExceeded": _THROTTLED,
    "ServiceException": _FAILED,
    "EC2ThrottledException": _FAILED,
    **dict.fromkeys(_UNRUNNABLE, _NOT_RUN),
    "InvalidParameterException": _INVALID,
    "ValidationException": _INVALID,
    "ResourceNotFoundException": _MISSING,
    "ParameterNotFound": _MISSING,
    "ServiceNotFoundException": _MISSING,
    "ClusterNotFoundException": _MISSING,
    "NotFoundException": _Row(Missing, "it is not there", "check the key, --region and --profile"),
    "InvalidRequestException": _Row(
        Refused, "it does not fit the secret's state", "see `aws secretsmanager describe-secret`"
    ),
}
_ELSE = _Row(Trouble, "AWS refused it", "look the code up, and check what you gave")

_CREDENTIALS = "set AWS_PROFILE or give --profile; `aws sts get-caller-identity` tells who you are"
_SILENT = "there was no answer"
_NO_ANSWER = "check --endpoint-url, --region, your network and your proxy"
# The first that fits; a kind before those above it.
_SDK: tuple[tuple[type[Exception], str, str], ...] = (
    (sdk.NoCredentialsError, "there are no AWS credentials", _CREDENTIALS),
    (sdk.PartialCredentialsError, "half of the AWS credentials are missing", _CREDENTIALS),
    (sdk.SSOError, "your SSO session has expired", _LOG_IN),
    (sdk.TokenRetrievalError, "your SSO session has expired", _LOG_IN),
    (sdk.CredentialRetrievalError, "the AWS credentials could not be fetched", _LOG_IN),
    (sdk.ProfileNotFound, "there is no such AWS profile", "`aws configure list-profiles` has them"),
    (sdk.NoRegionError, "no AWS region is set", "set AWS_DEFAULT_REGION or give --region"),
    (sdk.InvalidRegionError, "that is no AWS region", "give --region such as eu-west-1"),
    (sdk.SSLError, "the TLS connection could not be verified", "check AWS_CA_BUNDLE and the proxy"),
    (sdk.ProxyConnectionError, "the proxy does not answer", "check HTTPS_PROXY and NO_PROXY"),
    (sdk.ConnectionError, _SILENT, _NO_ANSWER),
    (sdk.HTTPClientError, _SILENT, _NO_ANSWER),
    (sdk.ConfigParseError, "the AWS configuration cannot be read", "correct ~/.aws/config"),
    (sdk.ParamValidationError, _INVALID.clause, _INVALID.do),
    (ValueError, "that is no valid endpoint", "give --endpoint-url such as http://127.0.0.1:8765"),
)


def of_answer(error: ClientError, service: str, region: str, request: Mapping[str, Any]) -> Trouble:
    """The Trouble for what the service answered."""
    code = str(error.response["Error"].get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    row = _ANSWERS.get(code, _FAILED if status >= HTTPStatus.INTERNAL_SERVER_ERROR else _ELSE)
    operation = error.operation_name
    more = " and lambda:InvokeFunction" if operation == "RotateSecret" else ""
    action = _ACTIONS.get(operation, operation)
    do = row.do.format(right=f"{_PREFIXES.get(service, service)}:{action}{more}")
    of = _of(request)
    where = f"{_service(service)} {operation}{of} in {region}"
    return row.kind(f"{where}: {row.clause} ({code})", do=do, code=code)


def of_sdk(error: Exception, service: str, operation: str, endpoint: str | None) -> Trouble:
    """The Trouble for what never reached the service, or got no answer."""
    where = f"{_service(service)} {operation.replace('_', '-')}"
    if endpoint:
        where = f"{where} at {endpoint}"
    name = type(error).__name__
    for kind, clause, do in _SDK:
        if isinstance(error, kind):
            made = Passing if clause == _SILENT else Trouble
            return made(f"{where}: {clause} ({name})", do=do)
    do = "check your AWS configuration with `aws sts get-caller-identity`"
    return Trouble(f"{where}: the SDK cannot go on ({name})", do=do)


def _service(name: str) -> str:
    return _SERVICES.get(name, "Secrets Manager")


# What operations call the thing that they are about.
_NAMED = (
    *("SecretId", "FunctionName", "logGroupName", "TopicArn", "Name", "Resource", "KeyId"),
    *("service", "stateMachineArn"),
)


def _of(request: Mapping[str, Any]) -> str:
    """Which thing the request was about."""
    for key in _NAMED:
        if key in request:
            return f" of {request[key]!r}"
    return ""
