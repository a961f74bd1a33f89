"""The fixture for other projects: the example of docs/local-system.md, in a project of its own."""

import os
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from local.bootstrap import ROOT

MORE = """

import os

import pytest
from botocore.exceptions import ClientError


@pytest.mark.parametrize("test", ["first", "second"])
def test_each_test_has_a_service_of_its_own(secrets_manager, test):
    client = boto3.client("secretsmanager")
    assert client.meta.endpoint_url == secrets_manager.endpoint
    assert client.list_secrets()["SecretList"] == []
    client.create_secret(Name="left-behind", SecretString=test)


def test_a_failure_says_why(secrets_manager):
    def broken(event, context):
        raise ValueError("no such host")

    secrets_manager.settings.retries = 0
    arn = secrets_manager.add_function("Broken", broken)
    assert arn.endswith(":function:Broken")
    boto3.client("secretsmanager").create_secret(Name="app", SecretString="first")
    outcome = secrets_manager.rotate("app", "Broken")
    assert outcome.state == "failed"
    assert (outcome.error.name, outcome.error.error_message) == ("createSecret", "no such host")


def test_afterwards_the_users_own_settings_are_back():
    assert os.environ["AWS_PROFILE"] == "production"
    assert "AWS_ENDPOINT_URL_SECRETS_MANAGER" not in os.environ
"""


# Of the page: boto3, pytest and werkzeug, with what they bring.
PACKAGES = {
    *("boto3", "botocore", "s3transfer", "jmespath", "urllib3", "certifi", "dateutil", "six"),
    *("pytest", "_pytest", "py", "pluggy", "iniconfig", "pygments"),
    *("werkzeug", "markupsafe"),
}


def test_it_takes_no_more_packages_than_the_page_says() -> None:
    code = "import sys, local.secrets_manager.pytest_plugin; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert "tests" not in loaded
    installed = {name for name in packages_distributions() if name in loaded}
    assert installed <= PACKAGES


def test_the_example_passes_in_a_project_of_its_own(tmp_path: Path) -> None:
    page = (ROOT / "docs/local-system.md").read_text()
    (example,) = re.findall(
        r"^```python\n(.*?pytest_plugin.*?)^```$", page, re.MULTILINE | re.DOTALL
    )
    (tmp_path / "test_example.py").write_text(example + MORE)
    aside = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error"],
        cwd=tmp_path,
        env={
            **{name: value for name, value in aside.items() if not name.startswith("AWS_")},
            "PYTHONPATH": str(ROOT),
            "AWS_PROFILE": "production",
            "HTTP_PROXY": "http://192.0.2.1:1",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert "5 passed" in done.stdout, done.stdout + done.stderr
