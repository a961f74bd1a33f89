"""What rotctl's help and its page say: examples to run, and the rights."""

import json
import re
from typing import Any

from local.bootstrap import ROOT
from rotctl import cli
from rotctl.commands import (
    adopt,
    attach,
    check,
    diagnose,
    end,
    heal,
    history,
    rotate,
    status,
    trial,
)

PAGE = (ROOT / "docs/rotctl.md").read_text()
HELPS = {
    "": cli.HELP,
    "status": status.HELP,
    "diagnose": diagnose.HELP,
    "heal": heal.HELP,
    "rotate": rotate.HELP,
    "try": trial.HELP,
    "attach": attach.HELP,
    "adopt": adopt.HELP,
    "history": history.HELP,
    "check": check.HELP,
    "end": end.HELP,
}
<<<<<<< HEAD
_JSON = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
POLICY: dict[str, Any] = next(json.loads(each) for each in _JSON if '"Statement"' in each)
=======
_RIGHTS = PAGE.partition("\n## Rights\n")[2]
POLICY: dict[str, Any] = json.loads(re.findall(r"```json\n(.*?)```", _RIGHTS, re.DOTALL)[0])
>>>>>>> main

# What `check --stored` asks for besides; tried where there is a KMS, in test_check_stored.py.
CHECKED = {
    "secretsmanager:GetResourcePolicy",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
}


def allowed_actions() -> set[str]:
    """What the page's policy allows."""
    actions = [statement["Action"] for statement in POLICY["Statement"]]
    return {each for some in actions for each in ([some] if isinstance(some, str) else some)}


def examples() -> list[str]:
    """The words behind `rotctl`, each once."""
    shell = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
    text = "\n".join((*HELPS.values(), shell))
    return list(
        dict.fromkeys(re.findall(r"^ *(?:uvx --from \. )?rotctl (.+)$", text, re.MULTILINE))
    )
