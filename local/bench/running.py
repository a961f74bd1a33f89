"""What all parts of `make bench` run on: the built functions, one set of servers, one service."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from local.bench.home import MeasuredHome, Taken
from local.bench.reference import Reference
from local.functions.built import Built, built_functions
from local.secrets_manager import SecretsManager
from local.servers.certificates import Authority
from local.servers.server import write_bundle
from local.targets import Place

WAIT_SECONDS = 120
BEFORE = "before"  # what earlier artifacts are called beside these


class Counts(NamedTuple):
    """How often each is measured, and with which numbers of versions, secrets and megabytes.

    starts: fresh processes; cold: first rotations of such; rotations: warm ones.
    """

    starts: int = 10
    cold: int = 3
    rotations: int = 40
    logins: int = 40
    versions: Sequence[int] = (1, 10, 100)
    secrets: Sequence[int] = (1, 10, 100, 1000)
    memories: Sequence[int] = (128, 256, 512, 1024, 1769)


class RotationFailedError(Exception):
    """A rotation whose figures would say nothing."""


@dataclass(frozen=True, slots=True)
class Bench:
    """It runs while its block does; `before` are earlier artifacts of the same functions."""

    counts: Counts
    folder: Path
    authority: Authority
    place: Place
    bundle: Path
    home: MeasuredHome
    service: SecretsManager
    functions: Mapping[str, Built]
    before: Mapping[str, Built]
    reference: Reference | None

    def rotate(self, arn: str, function: str) -> list[Taken]:
        """What each step took, and the start if there was one; raises RotationFailedError."""
        self.home.taken.clear()
        outcome = self.service.rotate(arn, function, WAIT_SECONDS)
        if outcome.error is not None:
            told = f"{outcome.error.name}: {outcome.error.error_message}"
            raise RotationFailedError(f"a rotation by {function} has {outcome.state}, {told}")
        return list(self.home.taken)


@contextmanager
def opened(
    counts: Counts,
    before: Mapping[str, Built],
    checkout: Path | None,
    say: Callable[[str], None],
) -> Iterator[Bench]:
    """Run it; `checkout`: of AWS's functions, where they are to be measured too."""
    functions = built_functions()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rotation-")))
        folder.chmod(0o755)  # the servers run as another account
        authority = Authority(folder / "ca")
        bundle = write_bundle(authority, folder)
        home = MeasuredHome(folder / "functions.log")
        service = stack.enter_context(SecretsManager(home=home, retries=0))
        stack.callback(home.use, {})
        home.environment = {
            **service.environment,
            "TLS_CA_BUNDLE": str(bundle),
            "ALLOW_PRIVATE_ISSUERS": "true",  # the issuer is on this machine
            "SECRETS_MANAGER_ENDPOINT": service.endpoint,  # as AWS's functions call it
        }
        yield Bench(
            counts=counts,
            folder=folder,
            authority=authority,
            place=Place(folder, authority, stack, say),
            bundle=bundle,
            home=home,
            service=service,
            functions=functions,
            before=before,
            reference=Reference(checkout, folder, bundle) if checkout else None,
        )
