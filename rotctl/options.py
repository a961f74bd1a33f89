"""The options that several commands have, each said once."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer

from rotctl.trouble import Trouble


class Output(StrEnum):
    """How a command answers."""

    TABLE = "table"
    JSON = "json"


Profile = Annotated[
    str | None, typer.Option(help="AWS profile; without it, as the AWS CLI chooses one.")
]
Region = Annotated[
    str | None, typer.Option(help="AWS region; without it, as the AWS CLI chooses one.")
]
EndpointUrl = Annotated[
    str | None, typer.Option(help="Ask this address in place of AWS, for every service.")
]
Prefix = Annotated[str, typer.Option(help="Only secrets whose names begin so.")]
Tags = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="KEY=VALUE", help="Only secrets with this tag; repeatable."),
]
AsOutput = Annotated[Output, typer.Option(help="table for a person, json for a program.")]
OneSecret = Annotated[
    str | None, typer.Argument(metavar="[SECRET]", help="Its name or ARN; without it, many.")
]
All = Annotated[bool, typer.Option("--all", help="Every secret whose rotation is on.")]
Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Until it has ended.")]
Limit = Annotated[int, typer.Option(min=1, help="Seconds to wait for each.")]
AtOnce = Annotated[
    # Two of a rotation's calls share 50 a second (quotas of Secrets Manager).
    int, typer.Option(min=1, max=25, help="How many of them go at the same time.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before anything is changed.")]
Days = Annotated[int, typer.Option(min=1, max=90, help="How far back; CloudTrail keeps 90 days.")]


def tags_of(given: Iterable[str] | None) -> dict[str, str]:
    """The tags by their keys; raises Trouble for what is none."""
    found = {}
    for each in given or ():
        key, equals, value = each.partition("=")
        if not key or not equals:
            raise Trouble(f"--tag {each!r}: a tag is KEY=VALUE", do="give such as --tag team=data")
        found[key] = value
    return found
