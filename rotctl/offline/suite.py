"""The functions of this installation, each as it would judge a secret."""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import rotators
from rotators.generated.backend import GeneratedValues
from rotators.iam.backend import AccessKeys
from rotctl.trouble import Trouble
from shared.errors import RotationError
from shared.handler import Handler
from shared.keys.backend import ApiKeyBackend
from shared.protocol.contract import Backend
from shared.strategies.contract import Engine
from shared.strategies.database import DatabaseBackend
from shared.tls import RDS_AUTHORITIES

# No connection is made, so it does not matter whose authorities these are; those that the
# function names are on no other machine.
_AUTHORITIES = {"TLS_CA_BUNDLE": str(RDS_AUTHORITIES)}


@dataclass(frozen=True, slots=True)
class Function:
    """A handler: its kind is a folder of `rotators`; settings: the variables it judges by."""

    kind: str
    name: str
    backend: Backend[Any]
    settings: Mapping[str, str]

    @property
    def title(self) -> str:
        """`postgres single user`; of a kind that has one handler, the kind."""
        words = self.kind if self.name == "lambda_handler" else f"{self.kind} {self.name}"
        return words.replace("_", " ")

    @property
    def engine(self) -> Engine[Any] | None:
        """The kind of database, if it is one."""
        return self.backend.engine if isinstance(self.backend, DatabaseBackend) else None

    @property
    def makes_values(self) -> bool:
        """Whether it makes what no target knows, by rules in the secret."""
        return isinstance(self.backend, GeneratedValues)

    @property
    def takes_keys(self) -> bool:
        """Whether it rotates API keys of issuers that are described."""
        return isinstance(self.backend, ApiKeyBackend) and not self.takes_access_keys

    @property
    def takes_access_keys(self) -> bool:
        """Whether it rotates keys of users of the cloud itself."""
        return isinstance(self.backend, AccessKeys)


@cache
def functions() -> Sequence[Function]:
    """All of them, by the template's defaults, which are the variables' own; single users first."""
    found = [
        _function(kind, name, handler, {})
        for kind in _folders()
        for name, handler in vars(importlib.import_module(f"rotators.{kind}")).items()
        if isinstance(handler, Handler)
    ]
    return sorted(found, key=lambda each: (each.kind, each.name != "single_user", each.name))


def function(kind: str, name: str, settings: Mapping[str, str]) -> Function:
    """The one of the handler `rotators.<kind>.<name>`, with these settings; raises Trouble."""
    module = importlib.import_module(f"rotators.{kind}") if kind in _folders() else None
    handler = getattr(module, name, None)
    if not isinstance(handler, Handler):
        raise Trouble(
            f"there is no handler rotators.{kind}.{name} here",
            do="use the rotctl of the release that the function is of",
        )
    try:
        return _function(kind, name, handler, settings)
    except RotationError as fault:
        problem = fault
    raise Trouble(f"the function fails every step: {problem.what}", do=problem.do)


def _folders() -> list[str]:
    return [folder.name for folder in pkgutil.iter_modules(rotators.__path__)]


def _function(kind: str, name: str, handler: Handler, settings: Mapping[str, str]) -> Function:
    return Function(kind, name, handler.build({**settings, **_AUTHORITIES}), settings)
