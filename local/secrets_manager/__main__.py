"""The service alone, for the AWS CLI or any SDK: `python -m local.secrets_manager`."""

import enum
import os
import shlex
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Annotated

import typer

from local.functions.emulator import Emulator, built_functions
from local.functions.home import Handler, Home, InProcess
from local.functions.named import FORM, NamedError, handlers
from local.functions.written import captured
from local.processes import ending
from local.sam.endpoint import LambdaEndpoint
from local.secrets_manager.console import tell
from local.secrets_manager.service import SecretsManager
from local.secrets_manager.state import REGION
from local.template import functions

LOGS = Path(__file__).resolve().parents[2] / ".cache" / "functions"


class Where(enum.StrEnum):
    """Where the rotation functions run."""

    IN_PROCESS = "in-process"
    EMULATOR = "emulator"


def main(  # noqa: PLR0913, PLR0917 each is an option
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 for a free one.")] = 0,
    region: Annotated[
        str, typer.Option(help="Of the printed variables, and of the functions' clients.")
    ] = REGION,
    retries: Annotated[int, typer.Option(min=0, help="Attempts after a failed one.")] = 2,
    retry_delay: Annotated[float, typer.Option(min=0, help="Seconds between attempts.")] = 0.2,
    home: Annotated[
        str, typer.Option(help="in-process, emulator, or the URL of a Lambda endpoint.")
    ] = Where.IN_PROCESS,
    function: Annotated[
        list[str] | None,
        typer.Option(
            metavar=FORM, help="A function of your own, from this folder; may be repeated."
        ),
    ] = None,
) -> None:
    """A local AWS Secrets Manager with rotation, until Ctrl-C."""
    where = _where(home)
    ending.in_order()
    service = SecretsManager(port=port, region=region, retries=retries, retry_delay=retry_delay)
    # What functions of this process print is also in the log that rotctl reads.
    with service, captured():
        own = _own(service, function or [])
        with _functions(service, where) as service.home:
            for name, handler in own.items():
                service.add_function(name, handler)
            service.subscribe(tell)
            _explain(service, {**functions(), **own})
            ending.wait()


def _where(home: str) -> Where | LambdaEndpoint:
    try:
        return LambdaEndpoint(home) if "://" in home else Where(home)
    except ValueError as error:
        raise typer.BadParameter(f"{error}; or choose from {', '.join(Where)}") from None


def _own(service: SecretsManager, given: list[str]) -> dict[str, Handler]:
    """The caller's functions, which may make their clients as they are imported."""
    if given:
        os.environ.update(service.environment)
    try:
        return handlers(given, Path.cwd())
    except NamedError as error:
        raise typer.BadParameter(str(error), param_hint="--function") from None


def _functions(
    service: SecretsManager, where: Where | LambdaEndpoint
) -> AbstractContextManager[Home]:
    """The service's home, which has to know the endpoint."""
    if isinstance(where, LambdaEndpoint):
        return nullcontext(where)
    if where is Where.EMULATOR:
        return Emulator(built_functions(), logs=LOGS, environment=service.environment)
    # In this process the functions' clients read this process's variables.
    os.environ.update(service.environment)
    # By path, imported when first invoked: one function's driver is no other's need.
    return nullcontext(InProcess({name: each.handler for name, each in functions().items()}))


def _explain(service: SecretsManager, names: Iterable[str]) -> None:
    print(f"Secrets Manager at {service.endpoint}; Ctrl-C ends it and forgets every secret.")
    print("In another shell:\n")
    for name, value in {**service.environment, **service.neighbours}.items():
        print(f"  export {name}={shlex.quote(value)}")
    print("\nRotation functions:\n")
    for name in names:
        print(f"  {service.function_arn(name)}")
    print(flush=True)


if __name__ == "__main__":
    typer.run(main)
