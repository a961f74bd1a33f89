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
EXTENSIONS, SERVERLESS = "AWS::LanguageExtensions", "AWS::Serverless-2016-10-31"


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags: `!Ref x` is read as {"Ref": "x"}."""


def _tagged(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, object]:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        text = str(loader.construct_scalar(node))
        return {name: text.split(".", 1) if suffix == "GetAtt" else text}
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
    """The whole template; intrinsic functions in their long form, each Fn::ForEach written out."""
    loader = _Loader(template.read_text())
    try:
        loaded: dict[str, Any] = loader.get_single_data()
    finally:
        loader.dispose()
    if loaded.get("Transform") != [EXTENSIONS, SERVERLESS]:
        return loaded
    return {**_expanded(loaded, loaded["Mappings"]), "Transform": SERVERLESS}


def functions(template: Path = TEMPLATE) -> dict[str, Function]:
    """{logical id: Function} of every rotation function, in the template's order."""
    declared = _declared(template).items()
    return {name: each for name, each in declared if each.handler.startswith("rotators.")}


def watchers(template: Path = TEMPLATE) -> dict[str, Function]:
    """The same of the functions in `watch`, which rotate nothing."""
    declared = _declared(template).items()
    return {name: each for name, each in declared if each.handler.startswith("watch.")}


def _declared(template: Path) -> dict[str, Function]:
    """Every AWS::Serverless::Function."""
    whole = document(template)
    shared = whole.get("Globals", {}).get("Function", {})
    parameters = whole.get("Parameters", {})
    return {
        name: _function(_without_ignored(shared, resource), resource["Properties"], parameters)
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


# cfn-lint and the SAM CLI do it too, but privately, and cfn-lint's import alone takes seconds.
def _expanded(part: Any, mappings: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any part of YAML
    """The part, with the members of each Fn::ForEach in its place."""
    if isinstance(part, list):
        return [_expanded(each, mappings) for each in part]
    if not isinstance(part, dict):
        return part
    written: dict[str, Any] = {}
    for key, value in part.items():
        if key.startswith("Fn::ForEach::"):
            variable, collection, body = value
            name, top, second = collection["Fn::FindInMap"]
            for each in mappings[name][top][second]:
                written |= _expanded(_with(body, variable, each), mappings)
        else:
            written[key] = _expanded(value, mappings)
    return written


def _with(part: Any, variable: str, value: str) -> Any:  # noqa: ANN401 - any part of YAML
    """A loop's body for one value of its variable."""
    if isinstance(part, str):
        return part.replace(f"${{{variable}}}", value)
    if isinstance(part, list):
        return [_with(each, variable, value) for each in part]
    if part == {"Ref": variable}:
        return value
    if not isinstance(part, dict):
        return part
    named = {_with(key, variable, value): _with(of, variable, value) for key, of in part.items()}
    text = named.get("Fn::Sub")
    return text if isinstance(text, str) and "${" not in text else named


def _without_ignored(shared: Mapping[str, Any], resource: Mapping[str, Any]) -> dict[str, Any]:
    """What of the Globals the resource takes."""
    ignored = resource.get("IgnoreGlobals", ())
    return {name: value for name, value in shared.items() if name not in ignored}


def _function(
    shared: Mapping[str, Any], specific: Mapping[str, Any], parameters: Mapping[str, Any]
) -> Function:
    properties = {**shared, **specific}
    variables = {
        name: value
        for each in (shared, specific)
        for name, value in each.get("Environment", {}).get("Variables", {}).items()
    }
    defaults = {name: _default(value, parameters) for name, value in variables.items()}
    return Function(
        handler=properties["Handler"],
        timeout=properties["Timeout"],
        memory=properties["MemorySize"],
        environment={name: value for name, value in defaults.items() if value is not None},
    )


def _default(value: object, parameters: Mapping[str, Any]) -> str | None:
    """What a stack deployed with no parameters set would put there; None for no variable.

    Of an Fn::If its last branch counts, which is for what nobody asked for; what is joined of
    parameters counts as empty.
    """
    if not isinstance(value, dict):
        return str(value)
    if "Fn::If" in value:
        return _default(value["Fn::If"][2], parameters)
    if value == {"Ref": "AWS::NoValue"}:
        return None
    return str(parameters.get(str(value.get("Ref")), {}).get("Default", ""))
