"""Whatever keeps a command from going on is one plain line, exit code 2, and no traceback."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from local.bootstrap import ROOT
from local.secrets_manager import SecretsManager
from tests.rotctl.world import run

DENIED = "AccessDeniedException"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def service() -> Iterator[SecretsManager]:
    with SecretsManager() as running:
        yield running


@pytest.fixture(autouse=True)
def only(service: SecretsManager) -> Iterator[dict[str, str]]:
    """The environment of these tests, and nothing of whoever runs them."""
    alone = {
        **service.environment,
        **service.neighbours,
        "PATH": os.environ["PATH"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with mock.patch.dict(os.environ, alone, clear=True):
        yield alone
    service.settings.refused = {}


def told(words: str = "status") -> str:
    shown = run(words)
    assert (shown.code, shown.out) == (2, "")
    assert shown.err.startswith("rotctl: ")
    assert shown.err.count("\n") == 1
    assert "; " in shown.err  # what to do
    return shown.err


@pytest.mark.parametrize(
    ("code", "says"),
    [
        (DENIED, "you have no right to it (AccessDeniedException)"),
        ("ThrottlingException", "AWS asks to be called less often"),
        ("ExpiredTokenException", "your AWS credentials have expired"),
        ("UnrecognizedClientException", "AWS does not know your credentials"),
        ("InvalidSignatureException", "AWS does not know your credentials"),
        ("SomethingNew", "AWS refused it (SomethingNew)"),
    ],
)  # fmt: skip
def test_what_aws_answers(service: SecretsManager, code: str, says: str) -> None:
    service.settings.refused = {"ListSecrets": code}
    line = told()
    assert line.startswith("rotctl: Secrets Manager ListSecrets in us-east-1: ")
    assert says in line


def test_a_missing_right_is_named(service: SecretsManager) -> None:
    service.settings.refused = {"ListSecrets": DENIED}
    assert "ask for the right secretsmanager:ListSecrets; see docs/rotctl.md" in told()


def test_a_right_to_rotate_is_two(service: SecretsManager) -> None:
    client = service.client()
    client.create_secret(Name="app", SecretString="{}")
    arn = service.add_function("Mine", lambda _event, _context: None)
    client.rotate_secret(SecretId="app", RotationLambdaARN=arn, RotateImmediately=False)
    service.wait_for_rotation("app")
    service.settings.refused = {"RotateSecret": DENIED}
    assert "secretsmanager:RotateSecret and lambda:InvokeFunction;" in told("rotate app")


@pytest.mark.parametrize(
    ("variable", "words", "says"),
    [
        ("", f"status --endpoint-url {NOWHERE}", f"at {NOWHERE}: there was no answer"),
        ("", "status --endpoint-url nowhere", "that is no valid endpoint"),
        ("", "status --profile nobody", "there is no such AWS profile (ProfileNotFound)"),
        ("AWS_PROFILE=nobody", "status", "there is no such AWS profile (ProfileNotFound)"),
        ("AWS_DEFAULT_REGION", "status", "no AWS region is set"),
        ("", "status --region 'no region'", "that is no AWS region"),
        ("AWS_ACCESS_KEY_ID", "status", "there are no AWS credentials"),
        ("AWS_SECRET_ACCESS_KEY", "status", "half of the AWS credentials are missing"),
    ],
)
def test_what_never_reaches_aws(variable: str, words: str, says: str) -> None:
    name, equals, value = variable.partition("=")
    if equals:
        os.environ[name] = value
    else:
        os.environ.pop(name, None)
    assert says in told(words)


def test_a_terminal_without_utf8_is_no_reason_to_end(
    service: SecretsManager, only: dict[str, str], tmp_path: Path
) -> None:
    client = service.client()
    client.create_secret(Name="narrow", SecretString="{}")
    arn = service.add_function("Narrow", lambda _event, _context: None)
    client.rotate_secret(SecretId="narrow", RotationLambdaARN=arn, RotateImmediately=False)
    file = tmp_path / "caf\N{LATIN SMALL LETTER E WITH ACUTE}.json"
    file.write_text("{}")
    narrow = {**only, "PYTHONIOENCODING": "ascii", "COLUMNS": "250"}
    for words, code, says in (
        (["status", "--prefix", "narrow"], 0, b"never rotated"),
        (["check", str(file)], 1, b"caf\\xe9.json: not judged"),
    ):
        command = [sys.executable, "-m", "rotctl", *words]
        shown = subprocess.run(command, env=narrow, cwd=ROOT, capture_output=True, check=False)
        assert shown.returncode == code, shown.stderr
        assert says in shown.stdout


def test_a_defect_is_one_line_without_what_it_says(service: SecretsManager) -> None:
    del service
    with mock.patch("rotctl.aws.secrets.listed", side_effect=KeyError("a value")):
        shown = run("status")
    assert (shown.code, shown.out) == (2, "")
    line = r"rotctl: it ended by a defect \(KeyError in mock\.py:\d+\); report this line\n"
    assert re.fullmatch(line, shown.err)


def test_a_profile_is_read_as_the_aws_cli_does(tmp_path: Path, only: dict[str, str]) -> None:
    config = tmp_path / "config"
    endpoint = only["AWS_ENDPOINT_URL_SECRETS_MANAGER"]
    config.write_text(
        "[profile ops]\nregion = eu-west-1\n"
        "aws_access_key_id = local\naws_secret_access_key = local\n"
    )
    kept = {name: only[name] for name in ("PATH", "AWS_EC2_METADATA_DISABLED")}
    with mock.patch.dict(os.environ, {**kept, "AWS_CONFIG_FILE": str(config)}, clear=True):
        shown = run(f"status --profile ops --endpoint-url {endpoint} --output json")
        assert (shown.code, shown.out) == (0, "[]\n")
        refused = run(f"history app --profile ops --endpoint-url {endpoint}")
    assert "in eu-west-1: it is not there" in refused.err
