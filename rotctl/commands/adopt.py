"""`rotctl adopt`: secrets on AWS's functions, moved to ours, and back."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress as Bar

from rotctl import options
from rotctl.adoption.choice import Chooser, said
from rotctl.adoption.exchange import Exchange
from rotctl.adoption.journal import Entry, Journal, State
from rotctl.adoption.plan import Move, plan
from rotctl.aws import logs, secrets, stack
from rotctl.aws.functions import Functions, name_of
from rotctl.aws.session import Aws
from rotctl.commands.rotate import AtOnce, Limit
from rotctl.output import moves as shown
from rotctl.output.screen import aside, out, say, tell
from rotctl.trouble import Trouble

HELP = """Move secrets from AWS's rotation functions to functions of ours, or back.

\b
Examples:
  rotctl adopt --all
  rotctl adopt app/db
  rotctl adopt --prefix app/ --to secret-rotators --yes
  rotctl adopt --tag team=data --function MyRotator=PostgresSingleUser
  rotctl adopt --file adopt-20261130T184000Z.json
  rotctl adopt --undo adopt-20261130T184000Z.json

It finds those whose function is not one of ours, judges each, shows the plan, and asks.
Then it attaches our function with the schedule that the secret has, and its testSecret runs, which
changes no password. Where the test fails, the function of before is put back.

The functions of before and the schedules are kept in a file, in this folder unless --file says
where: --undo puts them back. Interrupted, --file goes on with that run.

What CloudFormation or Terraform owns, as its tags say, is left unless --owned is given.

The exit code is 1 if a secret was left or put back, and 2 if AWS cannot be asked.
"""

Names = Annotated[list[str] | None, typer.Argument(metavar="SECRET", help="Their names or ARNs.")]
All = Annotated[bool, typer.Option("--all", help="Every secret that has another's function.")]
To = Annotated[str, typer.Option(metavar="STACK", help="The stack that has our functions.")]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--function",
        metavar="OLD=NEW",
        help="Which takes the secrets of the function OLD: PostgresSingleUser, such, or an ARN.",
    ),
]
Owned = Annotated[bool, typer.Option("--owned", help="Move what a stack or Terraform owns, too.")]
File = Annotated[Path | None, typer.Option(help="Where to keep the way back, or what to go on.")]
Undo = Annotated[Path | None, typer.Option(metavar="FILE", help="Put back what this run moved.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def adopt(  # noqa: PLR0913, PLR0917 each is an option
    secret: Names = None,
    prefix: options.Prefix = "",
    tag: options.Tags = None,
    all_: All = False,  # noqa: FBT002 Typer's
    to: To = "secret-rotators",
    function: Given = None,
    owned: Owned = False,  # noqa: FBT002 Typer's
    file: File = None,
    undo: Undo = None,
    limit: Limit = 300,
    at_once: AtOnce = 5,
    yes: Yes = False,  # noqa: FBT002 Typer's
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Move those that are chosen, go on with a file, or put back what is in one."""
    aws = Aws(profile, region, endpoint_url)
    many = bool(prefix or tag or all_)
    ways = (bool(secret), many, undo is not None).count(True)
    if ways > 1 or (ways == 0 and file is None):
        raise Trouble(
            "adopt takes SECRETs, or one of --prefix, --tag and --all, or --file or --undo alone",
            do="give one of them; see `rotctl adopt --help`",
        )
    if undo is not None:
        _put_back(aws, Journal.read(undo), at_once, limit, yes=yes)
        return
    journal = _journal(aws, file, is_there=ways == 0)
    if many:
        found = list(secrets.listed(aws, prefix, options.tags_of(tag)))
    else:
        found = [secrets.described(aws, each) for each in secret or _in(journal, State.PLANNED)]
    functions, ours = Functions(aws), stack.functions_of(aws, to)
    chooser = Chooser(aws, functions, ours, said(function or [], ours))
    moves = plan(found, functions, chooser, owned=owned)
    going = _going(journal, moves)
    _show(moves, going)
    left = sum(each.is_left for each in moves)
    if not going:
        raise typer.Exit(int(left > 0))
    for arn in {each.new for each in going}:
        # Without the log no test is seen to pass, and each secret would be put back.
        logs.of_version(aws, functions[arn].log_group, "none", aws.now)
    if not yes and not typer.confirm("Begin?"):
        raise typer.Exit(1)
    journal.begin(going)
    tell(f"the way back is in {journal.path}; interrupted, go on with --file {journal.path}")
    is_done = _run(Exchange(aws, journal, at_once, limit).move, going, State.MOVED)
    say(f"to put back what was moved: `rotctl adopt --undo {journal.path}`")
    if left or not is_done:
        raise typer.Exit(1)


def _put_back(aws: Aws, journal: Journal, at_once: int, limit: float, *, yes: bool) -> None:
    """Each that has our function still; the others are as they are."""
    has = {each.arn: each.function for each in secrets.listed(aws)}
    going = [each for each in journal.entries.values() if has.get(each.arn) == each.new]
    for each in going:
        say(f"{each.name}: from {name_of(each.new)} back to {name_of(each.old)}")
    say(f"{len(going)} to put back")
    if not going:
        return
    if not yes and not typer.confirm("Begin?"):
        raise typer.Exit(1)
    if not _run(Exchange(aws, journal, at_once, limit).undo, going, State.BACK):
        raise typer.Exit(1)
    say("each is tested by its own function now, whose log has the outcome")


def _journal(aws: Aws, file: Path | None, *, is_there: bool) -> Journal:
    """The run's own, or that of the run to go on with."""
    if file is not None and (is_there or file.exists()):
        return Journal.read(file)
    return Journal(file or Path(f"adopt-{aws.now:%Y%m%dT%H%M%SZ}.json"))


def _in(journal: Journal, state: State) -> list[str]:
    return [each.arn for each in journal.entries.values() if each.state is state]


def _going(journal: Journal, moves: Iterable[Move]) -> list[Entry]:
    """The plan's, and those that were begun before: what they have now decides."""
    entries = {arn: journal.entries[arn] for arn in _in(journal, State.BEGUN)}
    for move in moves:
        if move.new is not None and not move.is_left:
            of, old, new = move.secret, move.old.arn, move.new.arn
            entries[of.arn] = Entry(of.name, of.arn, old, new, of.rules)
    return list(entries.values())


def _show(moves: Sequence[Move], going: Sequence[Entry]) -> None:
    if moves:
        out().print(shown.table(moves))
    for line in shown.notes(moves):
        say(f"\n{line}")
    if going:
        say(f"\n{shown.UNSEEN}")
    left = sum(each.is_left for each in moves)
    say(f"\n{len(going)} to move, {left} left")


def _run(
    work: Callable[[Iterable[Entry]], Iterator[Entry]], going: Sequence[Entry], wanted: State
) -> bool:
    """Each entry's line as it comes; whether all ended as wanted."""
    ended: dict[str, Entry] = {}
    try:
        with Bar(console=aside()) as bar:
            task = bar.add_task("exchanging", total=len(going))
            for entry in work(going):
                ended[entry.arn] = entry
                bar.advance(task)
    except KeyboardInterrupt:
        tell("interrupted: no other one is begun")
    for each in going:
        entry = ended.get(each.arn, each)
        why = f": {entry.why}" if entry.why else ""
        say(f"{entry.name}: {entry.state}{why}")
    done = sum(each.state is wanted for each in ended.values())
    say(f"{done} of {len(going)} {wanted}")
    return done == len(going)
