"""What was chosen by --prefix or --tag: nothing at all is most often a misspelt word."""

from collections.abc import Sequence

from rotctl.aws.secrets import Secret
from rotctl.output.screen import tell


def nothing(found: Sequence[Secret], *words: object) -> bool:
    """Whether nothing is there of what was chosen by one of these words, which is told."""
    if found or not any(words):
        return False
    tell("no secret is there that was chosen so; check --prefix, --tag, --region and --profile")
    return True
