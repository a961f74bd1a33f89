"""Every request is held to its API's own model, botocore's copy of it, before anything is done.

service: the API's name in botocore; without one, it is this service's own.

A member of the wrong type is SerializationException; one that is missing, too long, too short,
out of range or out of form is ValidationException, in the words that AWS's services share (of
this one in moto's get_random_password and test_with_invalid_filter_key, and in
mock-aws-java-sdk's assertParamNotNullable). What the model does not know is ignored, as AWS does.
"""

import base64
import binascii
import functools
import re
from collections.abc import Iterator
from typing import Any, cast

from botocore.loaders import Loader
from botocore.model import ListShape, ServiceModel, Shape, StructureShape

from local.secrets_manager import errors

# How the services of AWS name what JSON holds, where it can't be what the model wants.
_FOUND = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "DECIMAL_VALUE", bool: "BOOLEAN_VALUE"}
_SCALARS = {
    "string": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
}
OWN = "secretsmanager"
_SURROGATE = re.compile("[\ud800-\udfff]")


def operations(service: str = OWN) -> frozenset[str]:
    """Every operation of the API."""
    return frozenset(_model(service).operation_names)


def has_output(operation: str) -> bool:
    """Whether the operation answers anything: TagResource's body is empty, as users saw on AWS.

    hashicorp/terraform-provider-aws issue 43073 has the answer as it came.
    """
    return _model(OWN).operation_model(operation).output_shape is not None


def error_codes() -> frozenset[str]:
    """The errors that are the service's own, and not those common to all of AWS."""
    return frozenset(shape.name for shape in _model(OWN).error_shapes)


def check(operation: str, request: object, service: str = OWN) -> dict[str, Any]:
    """The request's members that the operation knows, null ones left out.

    Raises SerializationException or ValidationException; neither quotes a sensitive value.
    """
    # Every operation that is offered has parameters.
    shape = cast("Shape", _model(service).operation_model(operation).input_shape)
    parsed: dict[str, Any] = _parse(shape, request)
    violations = list(_violations(shape, parsed, ""))
    if violations:
        number = len(violations)
        noun = "error" if number == 1 else "errors"
        detected = f"{number} validation {noun} detected: {'; '.join(violations)}"
        raise errors.refusal("ValidationException", detected)
    return parsed


@functools.cache
def _model(service: str) -> ServiceModel:
    # Not by a session, which would read the user's profile.
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)


def _parse(shape: Shape, value: object) -> Any:  # noqa: ANN401 whatever the model says it is
    """The value as the shape has it; raises SerializationException."""
    if isinstance(shape, StructureShape):
        return _parse_structure(shape, value)
    if isinstance(shape, ListShape):
        return _parse_list(shape, value)
    wanted = _SCALARS[shape.type_name]
    if type(value) not in wanted or (isinstance(value, str) and _SURROGATE.search(value)):
        raise _cannot_be(value, shape)
    if shape.type_name == "blob":
        _decode(shape, value)
    return value


def _parse_structure(shape: StructureShape, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _cannot_be(value, shape)
    given = {name: value[name] for name in shape.members if value.get(name) is not None}
    return {name: _parse(shape.members[name], member) for name, member in given.items()}


def _parse_list(shape: ListShape, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise _cannot_be(value, shape)
    return [None if item is None else _parse(shape.member, item) for item in value]


def _decode(shape: Shape, value: object) -> bytes:
    """The bytes of a blob, which JSON has in base64."""
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        raise _cannot_be(value, shape) from None


def _cannot_be(value: object, shape: Shape) -> errors.Refusal:
    """Chosen after DynamoDB's words: no answer of this service to a wrong type was recorded."""
    found = _FOUND.get(type(value), "Start of structure, map or list")
    wanted = shape.type_name.capitalize()
    return errors.refusal("SerializationException", f"{found} can not be converted to {wanted}")


def _violations(shape: Shape, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 as parsed
    """What is wrong with the value and all within it, each as AWS says it."""
    if value is None:
        yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
        return
    for constraint in _broken(shape, value):
        quoted = "" if _is_sensitive(shape) else f" '{value}'"
        yield (f"Value{quoted} at '{path}' failed to satisfy constraint: Member must {constraint}")
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            if name in value or name in shape.required_members:
                yield from _violations(member, value.get(name), _join(path, _lower(name)))
    elif isinstance(shape, ListShape):
        for number, item in enumerate(value, start=1):
            yield from _violations(shape.member, item, f"{path}.{number}.member")


def _broken(shape: Shape, value: Any) -> Iterator[str]:  # noqa: ANN401 as parsed
    """Each constraint of the shape that the value breaks."""
    rules = shape.metadata
    if shape.type_name in ("integer", "long"):
        measured, what = value, "value"
    elif shape.type_name == "timestamp":
        return
    elif shape.type_name == "blob":
        measured, what = len(_decode(shape, value)), "length"
    else:
        measured, what = (0 if isinstance(value, bool | dict) else len(value)), "length"
    if measured < rules.get("min", measured):
        yield f"have {what} greater than or equal to {rules['min']}"
    if measured > rules.get("max", measured):
        yield f"have {what} less than or equal to {rules['max']}"
    if "pattern" in rules and not re.fullmatch(rules["pattern"], value):
        yield f"satisfy regular expression pattern: {rules['pattern']}"
    if "enum" in rules and value not in rules["enum"]:
        yield f"satisfy enum value set: [{', '.join(rules['enum'])}]"


def _is_sensitive(shape: Shape) -> bool:
    return bool(shape.metadata.get("sensitive")) or shape.type_name in ("structure", "list")


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _lower(name: str) -> str:
    """The name as the validation's messages have it: PasswordLength is passwordLength."""
    return name[0].lower() + name[1:]
