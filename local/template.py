"""The registry: which functions exist, read from template.yaml. Run it to build them all."""

import importlib
import os
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from local.build import artifacts
from shared.handler import Handler

TEMPLATE = artifacts.ROOT / "template.yaml"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags: `!Ref x` is read as {"Ref": "x"}."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101 - YAML has no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _tagged)


@dataclass(frozen=True, slots=True)
class Function:
    """A function as the template declares it: seconds, megabytes, and its variables' defaults."""

    handler: str
    timeout: int
    memory: int
    environment: Mapping[str, str]

    @property
    def rotator(self) -> str:
        """The kind: the folder of `rotators` that its handler is in, and its requirements' name."""
        return self.handler.split(".")[1]


def document(template: Path = TEMPLATE) -> dict[str, Any]:
    """The whole template; intrinsic functions in their long form."""
    loader = _Loader(template.read_text())
    try:
        loaded: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    return loaded


def functions(template: Path = TEMPLATE) -> dict[str, Function]:
    """{logical id: Function} of every AWS::Serverless::Function, in the template's order."""
    whole = document(template)
    shared = whole.get("Globals", {}).get("Function", {})
    return {
        name: _function(shared, resource["Properties"], whole.get("Parameters", {}))
        for name, resource in whole["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
    }


def handler(function: str, settings: Mapping[str, str] | None = None) -> Handler:
    """The function's own handler, in this process's environment with these settings in it."""
    module, _, name = functions()[function].handler.rpartition(".")
    loaded: Handler = getattr(importlib.import_module(module), name)
    if not settings:
        return loaded
    return replace(loaded, environment=ChainMap(dict(settings), os.environ))


def _function(
    shared: Mapping[str, Any], own: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Function:
    properties = {**shared, **own}
    variables = {
        name: value
        for each in (shared, own)
        for name, value in each.get("Environment", {}).get("Variables", {}).items()
    }
    return Function(
        handler=properties["Handler"],
        timeout=properties["Timeout"],
        memory=properties["MemorySize"],
        environment={name: _default(value, parameters) for name, value in variables.items()},
    )


def _default(value: object, parameters: Mapping[str, Any]) -> str:
    """What a stack deployed with no parameters set would put there."""
    if isinstance(value, dict):
        return str(parameters.get(str(value.get("Ref")), {}).get("Default", ""))
    return str(value)
