"""An account that a page's commands are run in: the local Secrets Manager, moto for the rest."""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from local import examples
from local.secrets_manager import SecretsManager

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_secretsmanager.type_defs import RotationRulesTypeTypeDef

REGION = "us-east-1"
Event = Mapping[str, str]


@dataclass
class Rotating:
    """A function that rotates secrets of one word, and remembers each step and for whom."""

    client: "SecretsManagerClient"
    seen: list[tuple[str, str]] = field(default_factory=list)

    def __call__(self, event: Event, _context: object) -> None:
        arn, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
        self.seen.append((arn, step))
        if step == "createSecret":
            self.client.put_secret_value(
                SecretId=arn,
                ClientRequestToken=token,
                SecretString=token,
                VersionStages=["AWSPENDING"],
                RotationToken=event["RotationToken"],
            )
        if step == "finishSecret":
            stages = self.client.describe_secret(SecretId=arn)["VersionIdsToStages"]
            (current,) = [each for each, labels in stages.items() if "AWSCURRENT" in labels]
            self.client.update_secret_version_stage(
                SecretId=arn,
                VersionStage="AWSCURRENT",
                MoveToVersionId=token,
                RemoveFromVersionId=current,
            )


@dataclass
class Account:
    """Its services, and the folder that commands are run in."""

    service: SecretsManager
    client: "SecretsManagerClient"
    elsewhere: str
    programs: Path
    folder: Path
    functions: dict[str, Rotating] = field(default_factory=dict)

    # --- what is in it ---

    def function(self, name: str) -> str:
        """Deploy a function; its ARN."""
        self.functions[name] = Rotating(self.client)
        return self.service.add_function(name, self.functions[name])

    def secret(self, name: str, function: str, rules: "RotationRulesTypeTypeDef") -> str:
        """Make a secret of one word, attached and tested, with this schedule; its ARN."""
        arn = self.client.create_secret(Name=name, SecretString="first")["ARN"]
        self.client.rotate_secret(
            SecretId=arn, RotationLambdaARN=function, RotationRules=rules, RotateImmediately=False
        )
        self.service.wait_for_rotation(arn)
        return arn

    def tested(self, arn: str, times: int) -> None:
        """Wait for the outcome of so many rotations or tests of it, all successes."""
        self.service.wait_for_rotation(arn, beyond=times - 1)
        assert {each.state for each in self.service.outcomes(arn)} == {"succeeded"}

    def described(self, secret: str) -> dict[str, Any]:
        """DescribeSecret, without what every call of it has."""
        answer: dict[str, Any] = {**self.client.describe_secret(SecretId=secret)}
        del answer["ResponseMetadata"]
        return answer

    def stack(self, name: str, outputs: Mapping[str, str]) -> None:
        """Deploy a stack with these outputs."""
        values = {key: {"Value": value} for key, value in outputs.items()}
        topic = {"Topic": {"Type": "AWS::SNS::Topic"}}
        self.aws("cloudformation").create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": topic, "Outputs": values})
        )

    def aws(self, service: str, region: str = REGION) -> Any:  # noqa: ANN401 - boto3's
        """A client for what is not Secrets Manager."""
        session: Any = boto3.session.Session("x", "x", region_name=region)
        return session.client(service, endpoint_url=self.elsewhere)

    # --- the commands ---

    def run(self, script: str, **variables: str) -> str:
        """What the script prints; with bash, stopping at what fails."""
        done = self.tried(f"set -euo pipefail\n{script}", **variables)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """The same, as it ended."""
        nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        environment = examples.variables(
            {
                **{k: v for k, v in os.environ.items() if not k.startswith("AWS_")},
                **self.service.environment,
                **nowhere,
                "AWS_ENDPOINT_URL": self.elsewhere,
                "NO_PROXY": "127.0.0.1",
                **variables,
            }
        )
        environment["PATH"] = f"{self.programs}{os.pathsep}{environment['PATH']}"
        return subprocess.run(
            ["bash", "-c", script],  # noqa: S607 - whichever shell the person has
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
