"""From a described request and its values to the bytes of a call."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from rotators.http_api_key.description.auth import Auth
from rotators.http_api_key.description.places import Tree
from rotators.http_api_key.description.requests import Request
from rotators.http_api_key.description.templates import Template, Values
from shared.document.fields import Fields
from shared.errors import MalformedSecret

_HEADER = re.compile(r"[!-~]([ -~]*[!-~])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Call:
    """What goes over the wire; a repr shows none of what may be secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)


def make_call(request: Request, base: str, values: Values, credentials: Mapping[str, str]) -> Call:
    """The request with these values, and with its own credentials or these.

    Raises MalformedSecret naming a field whose value cannot stand where it is to.
    """
    if request.base is not None:
        base = base_url(request.base, values, "issuer")
    url = base + request.path.text(values, _segment)
    query = _present(request.query, values)
    if query:
        url += "?" + urlencode(query, quote_via=quote, safe="")
    media_type, body = _body(request, values)
    headers = {"Accept": "application/json", "User-Agent": "secret-rotators", **media_type}
    own = {n: t for n, t in request.headers.items() if not t.is_left_out(values)}
    headers = _merged(headers, _headers(own, values))
    asker = credentials if request.auth is None else credentials_of(request.auth, values)
    return Call(request.method, url, _merged(headers, asker), body)


def _body(request: Request, values: Values) -> tuple[dict[str, str], bytes | None]:
    """The header that says what a body is, and the body."""
    if request.form is not None:
        form = urlencode(_present(request.form, values)).encode()
        return {"Content-Type": "application/x-www-form-urlencoded"}, form
    if request.body is not None:
        document = json.dumps(resolved(request.body, values)).encode()
        return {"Content-Type": "application/json"}, document
    if request.text is not None:
        escape = str if request.text.whole else _in_line
        return {}, request.text.text(values, escape).encode()  # its type is in `headers`
    return {}, None


def _merged(headers: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """All of these headers, of which `more` goes before others of the same name."""
    names = {name.lower() for name in more}
    return {**{n: v for n, v in headers.items() if n.lower() not in names}, **more}


def base_url(template: Template, values: Values, field_name: str) -> str:
    """The base of every URL; raises MalformedSecret naming this field for one that is none."""
    if template.whole is not None:
        url = template.text(values)
    else:
        # A value before the first slash is part of the host, and nothing else.
        text, url = "", ""
        for piece in template.pieces:
            in_host = "/" not in text.removeprefix("https://")
            text += piece if isinstance(piece, str) else "x"
            url += Template((piece,)).text(values, _host if in_host else _segment)
    return Fields({field_name: url}).https_url(field_name)


def resolved(tree: Tree, values: Values) -> object:
    """JSON with every template's value in it; a member that has a name without one is left out."""
    if isinstance(tree, Template):
        return tree.value(values)
    if isinstance(tree, Mapping):
        members = {name: resolved(member, values) for name, member in tree.items()}
        return {name: value for name, value in members.items() if not _absent(tree[name], value)}
    if isinstance(tree, tuple):
        items = [(item, resolved(item, values)) for item in tree]
        return [value for item, value in items if not _absent(item, value)]
    return tree


def _absent(tree: Tree, value: object) -> bool:
    return value is None and isinstance(tree, Template)


def _present(templates: Mapping[str, Template], values: Values) -> dict[str, str]:
    """The texts of a query or a form, without those that are left out."""
    return {
        name: template.text(values)
        for name, template in templates.items()
        if not template.is_left_out(values)
    }


def credentials_of(auth: Auth, values: Values) -> dict[str, str]:
    """The headers that say who asks."""
    if auth.bearer is not None:
        return {"Authorization": "Bearer " + _header("Authorization", auth.bearer, values)}
    if auth.basic is not None:
        user, password = (half.text(values) for half in auth.basic)
        if ":" in user:
            raise _unfit("a user name", auth.basic[0], values)
        both = base64.b64encode(f"{user}:{password}".encode()).decode()
        return {"Authorization": f"Basic {both}"}
    return _headers(auth.headers, values)


def _headers(templates: Mapping[str, Template], values: Values) -> dict[str, str]:
    return {name: _header(name, template, values) for name, template in templates.items()}


def _header(name: str, template: Template, values: Values) -> str:
    text = template.text(values)
    if not _HEADER.fullmatch(text):
        raise _unfit(f"the header {name}", template, values)
    return text


def _segment(value: str) -> str:
    # Escaped or not: servers and proxies there are that read %2F as a slash, and go up.
    if climbs(value):
        raise MalformedSecret(
            "a value that is to stand in a path has '.' or '..' in it as a part of one",
            do="correct the secret",
            field="SecretString",
        )
    return quote(value, safe="")


def _in_line(value: str) -> str:
    # Among other text, a line break could begin what the description does not say.
    if _CONTROL.search(value):
        raise MalformedSecret(
            "a value that is to stand in a text has a line break or another control character",
            do="correct the secret",
            field="SecretString",
        )
    return value


def climbs(value: str) -> bool:
    """Whether a part of the value, read as a path, is `.` or `..`."""
    return not {".", ".."}.isdisjoint(re.split(r"[/\\]", value))


def _host(value: str) -> str:
    if not _HOST.fullmatch(value):
        raise MalformedSecret(
            "a value that is to stand in a host name is none",
            do="correct the secret",
            field="SecretString",
        )
    return value


def _unfit(what: str, template: Template, values: Values) -> MalformedSecret:
    names = [values.field_of(name) for name in template.names]
    shown = ", ".join(f"'{name}'" for name in names)
    return MalformedSecret(
        f"{what} cannot have the value of {shown}: visible ASCII is needed",
        do="correct the secret",
        field=names[0] if names else "issuer",
    )
