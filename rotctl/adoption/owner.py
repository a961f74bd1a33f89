"""Who else decides which function a secret has: CloudFormation or Terraform, by its tags."""

from collections.abc import Mapping

_STACK = "aws:cloudformation:stack-name"


def owner(tags: Mapping[str, str]) -> str:
    """The owner with the tag that says so; empty where no tag does, which proves nothing."""
    if stack := tags.get(_STACK):
        return f"CloudFormation's stack {stack!r} (tag {_STACK})"
    for key, value in tags.items():
        if "terraform" in f"{key} {value}".lower():
            return f"Terraform (tag {key})"
    return ""
