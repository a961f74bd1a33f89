"""What messages call the parts of a secret: by fields that it has, and by names of people."""

import re
from collections.abc import Iterable, Iterator, Mapping

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Template
from rotators.http_api_key.http.words import NO_FIELD, FieldNames

# What nobody knows an owner by: numbers, and ids of hexadecimal digits.
_NO_NAME = re.compile(r"[0-9]+|[0-9a-fA-F-]{16,}")


def field_names(description: Description, document: Mapping[str, object]) -> FieldNames:
    """The fields that errors name, each one that the secret with this document has."""
    owner = [*description.owner_names, *description.sent_names]
    admin = description.admin.secret if description.admin else Template(())
    return FieldNames(
        url=first_field(_secret_names(description.base), description, document),
        owner=first_field(owner, description, document),
        admin=first_field(_secret_names(admin), description, document),
        key=description.fields["key"],
    )


def first_field(
    names: Iterable[str], description: Description, document: Mapping[str, object]
) -> str:
    """The field of the first of the description's names that the secret itself says."""
    return next(_fields(names, description, document), NO_FIELD)


def path_fields(
    request: Request, description: Description, document: Mapping[str, object]
) -> list[str]:
    """The fields of the secret that a request's path has, the key's id included."""
    names = [
        name.field or name.root for name in request.path.names if name.root in ("secret", "id")
    ]
    return list(_fields(names, description, document))


def base_field(
    request: Request, description: Description, document: Mapping[str, object], usual: str
) -> str:
    """The field that says where a request goes; `usual` where it has no base of its own."""
    if request.base is None:
        return usual
    return first_field(_secret_names(request.base), description, document)


def owner_name(description: Description, values: Mapping[str, object]) -> str:
    """Whose key it is, by what stands in URLs: anything else may be confidential.

    Empty where nothing says it. A number is told with its field: alone it is nobody's name; and
    a default is everybody's.
    """
    said = [name for name in description.owner_names if name in values]
    defaults = description.defaults
    names = {name: str(values[name]) for name in said if values[name] != defaults.get(name)}
    return ", ".join(
        f"{description.field(name)} {value}" if _NO_NAME.fullmatch(value) else value
        for name, value in names.items()
    )


def _secret_names(template: Template) -> list[str]:
    return [name.field for name in template.names if name.root == "secret"]


def _fields(
    names: Iterable[str], description: Description, document: Mapping[str, object]
) -> Iterator[str]:
    said = (description.field(name) for name in names if name not in description.values)
    return (field for field in said if document.get(field) is not None)
