"""Built functions: where each artifact is, and what Lambda puts in its environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local import template
from local.build import artifacts

# Whatever the machine is configured with, nothing must reach a real account.
_NO_AWS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@dataclass(frozen=True, slots=True)
class Built:
    """A built function: its folder, handler, seconds, megabytes and own variables."""

    artifact: Path
    handler: str
    timeout: int = 60
    memory: int = 256
    environment: Mapping[str, str] = field(default_factory=dict)

    def variables(self, name: str) -> dict[str, str]:
        """Everything that a function sees on Lambda, and nothing of this process."""
        return {
            **_NO_AWS,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_REGION": "us-east-1",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(self.memory),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(self.timeout),
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "LAMBDA_TASK_ROOT": str(self.artifact),
            "LANG": "en_US.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": str(self.artifact),
            "TZ": ":UTC",
            "_HANDLER": self.handler,
            **self.environment,
        }


def built_functions() -> dict[str, Built]:
    """Every function of the template, built for this machine where something changed."""
    declared = template.functions()
    folders = artifacts.build_local({name: each.rotator for name, each in declared.items()})
    return {
        name: Built(folders[name], each.handler, each.timeout, each.memory, each.environment)
        for name, each in declared.items()
    }
