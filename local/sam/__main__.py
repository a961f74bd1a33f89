"""`make local`: the whole local system for `sam local`, until Ctrl-C."""

import fcntl
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from local import bootstrap
from local.bootstrap import say
from local.functions.home import ARN_PREFIX
from local.processes import ending
from local.replay.request import EVENTS
from local.sam.docker.engine import engine_here
from local.sam.endpoint import USUAL, LambdaEndpoint
from local.sam.seeding import events
from local.sam.system import Outside, system_for_containers
from local.secrets_manager.console import tell
from local.secrets_manager.journal import Call, Occurrence
from shared.protocol.event import Step

FOLDER = bootstrap.CACHE / "local"
EXAMPLE = "PostgresSingleUser"


def main(
    port: Annotated[int, typer.Option(help="Port of Secrets Manager; 0 for a free one.")] = 0,
    home: Annotated[
        str, typer.Option(help="The Lambda endpoint that RotateSecret invokes functions at.")
    ] = USUAL,
    *,
    mariadb: Annotated[bool, typer.Option("--mariadb", help="MariaDB instead of MySQL.")] = False,
) -> None:
    """Run all but the functions; tell the commands that run those in Docker."""
    try:
        functions = LambdaEndpoint(home)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    ending.in_order()
    with (
        _alone(),
        system_for_containers(
            FOLDER, functions, engine_here(), port=port, mariadb=mariadb, say=say
        ) as outside,
    ):
        outside.system.service.subscribe(_print_call)
        print(explanation(outside, functions), flush=True)
        ending.wait()


@contextmanager
def _alone() -> Iterator[None]:
    """The folder is this process's, and goes with it."""
    FOLDER.parent.mkdir(parents=True, exist_ok=True)
    with FOLDER.with_name("local.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SystemExit("`make local` runs already in this folder; end that one") from None
        shutil.rmtree(FOLDER, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(FOLDER, ignore_errors=True)


def explanation(outside: Outside, home: LambdaEndpoint) -> str:
    """What a person may do now, to be copied as it stands."""
    application, service = outside.application, outside.system.service
    lambda_port = int(home.url.rpartition(":")[2]) if home.url.count(":") > 1 else 80
    export = "\n".join(f"  export {k}={shlex.quote(v)}" for k, v in service.environment.items())
    secrets = "\n".join(
        f"  {function:<24} {events(function)[0]['SecretId']}" for function in outside.targets
    )
    first = EVENTS / EXAMPLE / f"{Step.CREATE}.json"
    return f"""
Secrets Manager at {service.endpoint}; Ctrl-C ends all of it and forgets every secret.
Each function's secret, in the middle of the rotation that the files of events/ are of:

{secrets}

In another shell, in this folder; once, after each start of `make local`:

  {_sam(application.build())}

One step; the four of a function in order, createSecret, setSecret, testSecret, finishSecret:

  {_sam(application.invoke(EXAMPLE, first))}

A whole rotation, by RotateSecret; first, to stay running in a shell of its own:

  {_sam(application.start_lambda(lambda_port))}

and then, with the AWS CLI or any SDK (while the rotation of the files is not finished, the
answer is an error, and it is that rotation which is run):

{export}
  aws secretsmanager rotate-secret --secret-id {events(EXAMPLE)[0]["SecretId"]} \\
    --rotation-lambda-arn {ARN_PREFIX}{EXAMPLE}
"""


def _sam(words: tuple[str, ...]) -> str:
    return f"sam {shlex.join(words)}"


def _print_call(occurrence: Occurrence) -> None:
    """Each call too: a step by `sam local invoke` is known here by its calls alone."""
    if isinstance(occurrence, Call):
        refused = f" refused with {occurrence.error}" if occurrence.error else ""
        print(f"· {occurrence.operation}{refused}", flush=True)
    tell(occurrence)


if __name__ == "__main__":
    typer.run(main)
