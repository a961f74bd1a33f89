"""The program: its commands, and what it says of itself."""

import typer

from rotctl.commands.adopt import HELP as ADOPT
from rotctl.commands.adopt import adopt
from rotctl.commands.attach import HELP as ATTACH
from rotctl.commands.attach import attach
from rotctl.commands.check import HELP as CHECK
from rotctl.commands.check import check
from rotctl.commands.diagnose import HELP as DIAGNOSE
from rotctl.commands.diagnose import diagnose
from rotctl.commands.end import HELP as END
from rotctl.commands.end import end
from rotctl.commands.heal import HELP as HEAL
from rotctl.commands.heal import heal
from rotctl.commands.history import HELP as HISTORY
from rotctl.commands.history import history
from rotctl.commands.rotate import HELP as ROTATE
from rotctl.commands.rotate import rotate
from rotctl.commands.status import HELP as STATUS
from rotctl.commands.status import status
from rotctl.commands.trial import HELP as TRIAL
from rotctl.commands.trial import trial

HELP = """See what the rotations of AWS Secrets Manager are doing, begin one, and mend one.

\b
Examples:
  rotctl status
  rotctl diagnose app/db
  rotctl heal app/db
  rotctl rotate app/db
  rotctl try app/db
  rotctl attach app/db --function PostgresSingleUser
  rotctl adopt --all
  rotctl history app/db
  rotctl check app.json
  rotctl end app/db --leaked

It uses your AWS credentials, profile and region as the AWS CLI does.
It never reads a secret's value, nor takes one on the command line.
`rotctl COMMAND --help` has more examples.
"""

app = typer.Typer(
    help=HELP,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("status", help=STATUS)(status)
app.command("diagnose", help=DIAGNOSE)(diagnose)
app.command("heal", help=HEAL)(heal)
app.command("rotate", help=ROTATE)(rotate)
app.command("try", help=TRIAL)(trial)
app.command("attach", help=ATTACH)(attach)
app.command("adopt", help=ADOPT)(adopt)
app.command("history", help=HISTORY)(history)
app.command("check", help=CHECK)(check)
app.command("end", help=END)(end)
