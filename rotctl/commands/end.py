"""`rotctl end`: a leaked credential is dead within seconds, and that is proved."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from rotctl import options
from rotctl.aws import secrets
from rotctl.aws.session import Aws
from rotctl.commands.ended import ending_line
from rotctl.output import receipt
from rotctl.output.screen import say, tell
from rotctl.output.times import clock, iso
from rotctl.state import labels
from rotctl.state.leak import Leak
from rotctl.trouble import Trouble

HELP = """End a credential that has leaked, and its sessions, now.

\b
Examples:
  rotctl end app/db --leaked
  rotctl end app/db --leaked --yes --receipt app-db.json
  rotctl end app/db --leaked --version 48c1b7c5-b367-4dd2-94c7-95132b67b486

It rotates the secret, then has its function end the old credential whatever the settings say: the
other user of a pair, the second password, the key that was to live on.
It ends the sessions of its user, uses the old credential once, and shows how that was refused.
Applications with an open session are cut, and have to read the secret again.

What has leaked is the version in use, or another one that is still stored: --version.
Run again with that --version, an interrupted run goes on where it stands.

The exit code is 0 only if the old credential was refused and nothing of it is left.
It is 1 if not, and 2 if AWS cannot be asked.
"""

Leaked = Annotated[bool, typer.Option("--leaked", help="Yes, somebody else may have it.")]
Version = Annotated[
    str | None, typer.Option(help="The id of the version that leaked; without it, the one in use.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before anything is done.")]
Limit = Annotated[int, typer.Option(min=1, help="Seconds to wait for the rotation.")]
Name = Annotated[str, typer.Argument(metavar="SECRET", help="Its name or ARN.")]
File = Annotated[
    Path | None,
    typer.Option("--receipt", metavar="FILE", help="A new file for the receipt, as JSON."),
]


def end(  # noqa: PLR0913, PLR0917 each is an option
    secret: Name,
    leaked: Leaked = False,  # noqa: FBT002 Typer's
    version: Version = None,
    yes: Yes = False,  # noqa: FBT002 Typer's
    limit: Limit = 300,
    file: File = None,
    output: options.AsOutput = options.Output.TABLE,
    profile: options.Profile = None,
    region: options.Region = None,
    endpoint_url: options.EndpointUrl = None,
) -> None:
    """Replace it, end it, and prove it."""
    if not leaked:
        raise Trouble(
            "end is for a credential that somebody else may have",
            do=f"if so: `rotctl end {secret} --leaked`; if not: `rotctl rotate {secret}`",
        )
    aws = Aws(profile, region, endpoint_url)
    described = secrets.described(aws, secret)
    known = version or labels.current(described.labels)
    if known is None:
        raise Trouble(
            f"{described.name!r} has no version in use, so none that leaked",
            do="give --version the id of the one that did",
        )
    as_json = output is options.Output.JSON
    out = tell if as_json else say
    go_on = f"rotctl end {described.name} --leaked --version {known}"
    tell(f"version {known} leaked; if this is interrupted, go on with `{go_on}`")
    question = f"{described.name}: rotate, end the old credential, cut its user's sessions?"
    if not yes and not typer.confirm(question, err=True):
        raise typer.Exit(1)
    kept = receipt.ReceiptFile(file) if file else None

    def on_the_way(line: str) -> None:
        out(f"{clock(iso(aws.now))}   {line}")

    leak = Leak(aws, described, known, limit, on_the_way, aws.now)
    failure = "interrupted"
    try:
        failure = _run(leak, out, go_on)
    finally:
        if kept is not None:
            kept.write(receipt.document(leak, failure))
    if as_json:
        typer.echo(json.dumps(receipt.document(leak, failure), indent=2))
    if not leak.is_proven:
        raise typer.Exit(1)


def _run(leak: Leak, out: Callable[[str], None], go_on: str) -> str:
    """All of it, told as it goes; gives why it ended before its end, if it did."""
    try:
        unfinished = leak.replace()
        if unfinished is not None:
            line = ending_line(*unfinished)
            out(f"{line}\n  the old credential is NOT ended; once mended, go on with `{go_on}`")
            return line
        out(f"{clock(iso(leak.rotated))} version {leak.version} is in use")
        leak.end()
    except Trouble as trouble:
        out(f"{leak.secret.name}: the old credential is NOT ended: {trouble}")
        out(f"  then go on with `{go_on}`")
        return str(trouble)
    for at, line in receipt.lines(leak):
        out(f"{clock(at)} {line}")
    seconds = (leak.aws.now - leak.began).total_seconds()
    dead = f"the old credential is dead, {seconds:.0f} s after this began"
    out(f"{leak.secret.name}: {dead if leak.is_proven else f'NOT proven; then: `{go_on}`'}")
    return ""
