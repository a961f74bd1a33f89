"""`rotctl adopt`: secrets on AWS's functions, moved to ours, and back."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from rotctl import options
from rotctl.adoption.asking import asked
from rotctl.adoption.choice import Chooser, said
from rotctl.adoption.exchange import Exchange
from rotctl.adoption.journal import Entry, Journal
from rotctl.adoption.plan import Move, plan
from rotctl.adoption.sight import seen
from rotctl.aws import logs, secrets
from rotctl.aws.functions import Functions, name_of
from rotctl.aws.session import Aws
from rotctl.aws.stack import STACK
from rotctl.commands.chosen import nothing
from rotctl.commands.many import ask, run, tell_reports
from rotctl.output import moves as shown
from rotctl.output import reports
from rotctl.output.screen import aside, out, say, tell
from rotctl.state.fleet import Fleet, Report, Result
from rotctl.state.following import Follower
from rotctl.trouble import Trouble

HELP = """Move secrets from AWS's rotation functions to functions of ours, or back.

\b
Examples:
  rotctl adopt --all
  rotctl adopt app/db
  rotctl adopt --prefix app/ --stack secret-rotators --yes
  rotctl adopt --tag team=data --function MyRotator=PostgresSingleUser
  rotctl adopt --file adopt-20261130T184000Z.json
  rotctl adopt --undo adopt-20261130T184000Z.json

It finds those whose function is not one of ours, judges each, shows the plan, and asks.
Then it attaches our function with the schedule that the secret has, and its testSecret runs, which
changes no password. Where the test fails, the function of before is put back.

The functions of before and the schedules are kept in a file, in this folder unless --file says
where: --undo puts them back. After an interruption --file alone goes on with that run.

What CloudFormation or Terraform owns, as its tags say, is left alone unless --owned is given.

The exit code is 1 if a secret was left alone or put back, and 2 if AWS cannot be asked.
"""

# Results with which a secret may have our function.
_HAD_OURS = (Result.OPEN, Result.MOVED)

Names = Annotated[
    list[str] | None, typer.Argument(metavar="[SECRET]", help="Names or ARNs; without them, many.")
]
All = Annotated[bool, typer.Option("--all", help="Every secret whose function is not ours.")]
Stack = Annotated[str, typer.Option(help="The stack that has our functions.")]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--function",
        metavar="OLD=NEW",
        help="NEW takes the secrets of the function OLD: an ARN, or the template's name of ours.",
    ),
]
Owned = Annotated[bool, typer.Option("--owned", help="Move what a stack or Terraform owns, too.")]
File = Annotated[Path | None, typer.Option(help="Where the way back is kept.")]
Undo = Annotated[Path | None, typer.Option(metavar="FILE", help="Put back what this run moved.")]


def adopt(  # noqa: PLR0913, PLR0917 each is an option
    secret: Names = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    all_: All = False,  # noqa: FBT002 Typer's
    stack: Stack = STACK,
    function: Given = None,
    owned: Owned = False,  # noqa: FBT002 Typer's
    file: File = None,
    undo: Undo = None,
    limit: options.Limit = 120,
    at_once: options.AtOnce = 5,
    yes: options.Yes = False,  # noqa: FBT002 Typer's
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Move those that are chosen, go on with a file, or put back what is in one."""
    many, is_nothing = bool(prefix or tag or all_), False
    ways = (bool(secret), many, undo is not None).count(True)
    if ways > 1 or (ways == 0 and file is None) or (undo and file):
        raise Trouble(
            "adopt takes SECRETs, or one of --prefix, --tag and --all, or --file or --undo alone",
            do="give one of them; see `rotctl adopt --help`",
        )
    aws, fleet = Aws(profile, region, endpoint_url), Fleet(at_once)
    journal = _journal(aws, undo or file, is_there=ways == 0 or undo is not None)
    follower = Follower(aws, limit, lambda _text: None, fleet.stop)
    exchange = Exchange(aws, Functions(aws), journal, follower)
    as_json = output is options.Output.JSON
    if undo is not None:
        done, wanted = _put_back(exchange, fleet, yes=yes), Result.BACK
    else:
        chooser = Chooser(aws, exchange.functions, stack, said(function or ()))
        unseen: list[Report] = []
        if many:
            found = list(secrets.listed(aws, prefix, options.tags_of(tag)))
            is_nothing = nothing(found, prefix, tag)
        elif secret:
            found = [secrets.described(aws, each) for each in secret]
        else:
            found, unseen = seen(aws, journal.of(Result.LEFT))
        moves = asked(aws, plan(found, exchange.functions, chooser, owned=owned), at_once)
        _show(moves, as_json=as_json)
        done, wanted = [*unseen, *_move(exchange, fleet, moves, yes=yes)], Result.MOVED
    if as_json:
        typer.echo(reports.document(done))
    else:
        tell_reports(done)
    if is_nothing or any(each.result is not wanted for each in done):
        raise typer.Exit(1)


def _journal(aws: Aws, file: Path | None, *, is_there: bool) -> Journal:
    """The run's own, or that of an earlier run."""
    if file is not None and (is_there or file.exists()):
        return Journal.read(file)
    return Journal(file or Path(f"adopt-{aws.now:%Y%m%dT%H%M%SZ}.json"))


def _show(moves: Sequence[Move], *, as_json: bool) -> None:
    if moves:
        (aside() if as_json else out()).print(shown.table(moves))
    for line in shown.notes(moves):
        (tell if as_json else say)(f"\n{line}")


def _move(exchange: Exchange, fleet: Fleet, moves: Sequence[Move], *, yes: bool) -> list[Report]:
    """The plan's, and those whose move had begun: what such a secret has now decides."""
    journal, planned = exchange.journal, {each.secret.arn for each in moves}
    left = [Report(each.secret, Result.KEPT, each.stopped) for each in moves if each.stopped]
    begun = [each for each in journal.of(Result.OPEN) if each.arn not in planned]
    going, unseen = seen(exchange.aws, begun)
    left += unseen
    entries = []
    for move in moves:
        if move.new is not None and not move.stopped:
            of, new = move.secret, move.new.arn
            going.append(of)
            entries.append(Entry(of.name, of.arn, of.function, new, of.rules))
    if not going:
        return left
    for arn in {each.new for each in (*begun, *entries)}:
        # Without the log no test is seen to pass, and each secret would be put back.
        logs.of_version(exchange.aws, exchange.functions[arn].log_group, "none", exchange.aws.now)
    if not all(each.is_seen for each in moves if not each.stopped):
        tell(f"\n{shown.UNSEEN}\n")
    ask(f"{len(going)} to move, and {len(left)} left alone", yes=yes)
    journal.begin(entries)
    tell(f"the way back: `rotctl adopt --undo {journal.path}`")
    go_on = f"`rotctl adopt --file {journal.path}` goes on"
    return [*left, *run(fleet, going, exchange.move, doing="moving", go_on=go_on)]


def _put_back(exchange: Exchange, fleet: Fleet, *, yes: bool) -> list[Report]:
    """Each that has our function still."""
    has = {each.arn: each for each in secrets.listed(exchange.aws)}
    entries = exchange.journal.entries
    lost = [e for e in entries.values() if e.result in _HAD_OURS and e.arn not in has]
    found, left = seen(exchange.aws, lost)
    has |= {each.arn: each for each in found}
    known = [(each, has[each.arn]) for each in entries.values() if each.arn in has]
    going = [secret for entry, secret in known if secret.function == entry.new]
    left += [
        Report(secret, Result.KEPT, f"its function is {name_of(secret.function) or 'none'} now")
        for entry, secret in known
        if entry.result is Result.MOVED and secret.function not in {entry.old, entry.new}
    ]
    if not going:
        return left
    for secret in going:
        old = entries[secret.arn].old
        tell(f"{secret.name}: from {name_of(secret.function)} back to {name_of(old)}")
    ask(f"{len(going)} to put back, and {len(left)} left alone", yes=yes)
    go_on = "run the same again to go on"
    return [*left, *run(fleet, going, exchange.undo, doing="putting back", go_on=go_on)]
