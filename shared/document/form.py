"""A secret by the names that functions read, whatever its fields are called where it is stored.

docs/secrets.md has examples; docs/adr/0019-the-secret-says-which-field-is-which.md the reasons.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager

from shared.document import mapping
from shared.document.hosts import same_form
from shared.document.names import Names
from shared.document.urls import Url, read_url
from shared.errors import MalformedSecret, RotationError


class Text(dict[str, object]):
    """A secret that is one plain string: it stands in the field SecretString."""


TEXT_FIELD = "SecretString"


class Document(dict[str, object]):
    """By the names that functions read; two are equal where what is stored is.

    stored: what is stored. urls: those of its fields that are connection URLs.
    fields: the field that each mapped name is. names: the field that each name is in, where that
    has another name. from_urls: the names that no field is, and a URL says.
    """

    def __init__(
        self, stored: Mapping[str, object], fields: Mapping[str, str], urls: Mapping[str, Url]
    ) -> None:
        hidden = {*fields, *fields.values(), *urls}
        super().__init__({name: value for name, value in stored.items() if name not in hidden})
        self.update({name: stored[field] for name, field in fields.items()})
        self.stored = stored
        self.fields = fields
        self.urls = urls
        said = [each for each in _said(self, urls) if _is_absent(self, each[0])]
        names = {**fields, **{name: field for name, field, _ in said}}
        self.names = Names(names, fields, urls, plain=isinstance(stored, Text))
        self.from_urls = {name for name, _, value in said if value is not None}
        self.update({name: value for name, _, value in said if value is not None})

    def __eq__(self, other: object) -> bool:
        return self.stored == (other.stored if isinstance(other, Document) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # as of any dict


def _is_absent(document: Mapping[str, object], name: str) -> bool:
    value = document.get(name)
    return value is None or (name == "dbname" and value == "")  # as some tools write it


def _said(
    document: Mapping[str, object], urls: Mapping[str, Url]
) -> list[tuple[str, str, str | None]]:
    """What URLs say for names of a document: each with its field, and its value if there is one.

    Where the database is, the first one says. Its port is that of its host: a field `host` may be
    the server where the application's URL goes through a pooler.
    """
    if not urls:
        return []
    said: list[tuple[str, str, str | None]] = []
    for name in ("username", "password"):
        each = [(name, field, getattr(url, name)) for field, url in urls.items()]
        said.append(next((one for one in each if one[2] is not None), each[0]))
    field, url = next(iter(urls.items()))
    place = {"host": url.host, "dbname": url.dbname, "engine": url.engine}
    if same_form(str(document.get("host") or url.host)) == same_form(str(url.host)):
        place["port"] = url.port
    return said + [(name, field, value) for name, value in place.items()]


def read_form(stored: dict[str, object], *, of: str) -> dict[str, object]:
    """A JSON object by the names that functions read: the same one where it maps none.

    Raises MalformedSecret with the place in `rotation`, or the field that is a URL.
    """
    fields, urls = mapping.read_mapping(stored, of=of)
    return _agreed(_document(stored, fields, urls, of), of) if fields or urls else stored


def read_text(document: Mapping[str, object], *, of: str) -> Mapping[str, object]:
    """A plain string as the connection URL that it is, anything else as it is.

    Raises MalformedSecret.
    """
    if not isinstance(document, Text):
        return document
    text = str(document[TEXT_FIELD])
    if "://" not in text:
        raise MalformedSecret(
            f"the value of {of} is neither a JSON object nor a connection URL",
            do="store one of them as SecretString",
            field=TEXT_FIELD,
        )
    return _agreed(_document(document, {}, {TEXT_FIELD: text}, of), of)


def with_fields(document: Mapping[str, object], fields: Mapping[str, object]) -> dict[str, object]:
    """The document with these values, each where it is stored; a plain string stays one."""
    if not isinstance(document, Document):
        changed = {**document, **fields}
        return Text(changed) if isinstance(document, Text) else changed
    own = {document.fields.get(n, n): v for n, v in fields.items() if n not in document.from_urls}
    login = {**document, **fields}
    user, password = str(login.get("username")), str(login.get("password"))
    urls = {field: url.with_login(user, password) for field, url in document.urls.items()}
    return _document(with_fields(document.stored, {**own, **urls}), document.fields, urls, "it")


def stored_of(document: Mapping[str, object]) -> Mapping[str, object]:
    """What is stored of it: a JSON object, or a Text."""
    return document.stored if isinstance(document, Document) else document


def require_known(document: Mapping[str, object], known: Collection[str], *, of: str) -> None:
    """Raise MalformedSecret where it maps a name that is none of those the function reads."""
    if isinstance(document, Document):
        mapping.require_known(document.fields, known, of=of)


def require_plain(document: Mapping[str, object], schemes: Collection[str]) -> None:
    """Raise MalformedSecret for a JDBC URL of these schemes whose login is percent-encoded.

    schemes: those whose driver decodes nothing.
    """
    for field, url in urls_of(document).items():
        if url.is_jdbc and url.engine in schemes and not url.is_plain:
            raise MalformedSecret(
                f"the JDBC driver of '{field}' decodes nothing, and the user or the password there "
                "has more than letters, digits and -._~",
                do="keep both in fields and out of that URL, or exclude all other characters by "
                "EXCLUDE_CHARACTERS or rotation.exclude_characters, and first set such a password",
                field=field,
            )


def names_of(document: Mapping[str, object]) -> Mapping[str, str]:
    """The field that each name is in, where that has another name."""
    return document.names if isinstance(document, Document) else {}


def urls_of(document: Mapping[str, object]) -> Mapping[str, Url]:
    """Those of its fields that are connection URLs."""
    return document.urls if isinstance(document, Document) else {}


@contextmanager
def naming(names: Mapping[str, str]) -> Iterator[None]:
    """Raise the block's errors with the fields that they name by these names."""
    try:
        yield
    except RotationError as error:
        error.rename_fields(names)
        raise


def _document(
    stored: Mapping[str, object], fields: Mapping[str, str], urls: Mapping[str, str], of: str
) -> Document:
    read = {name: read_url(text, name=name, of=of) for name, text in urls.items()}
    return Document(stored, fields, read)


def _agreed(document: Document, of: str) -> Document:
    """Raise MalformedSecret where a URL holds another credential than the rest of the secret.

    Also where an option has the password, as a name that some driver takes for it.
    """
    for field, url in document.urls.items():
        if document.get("password") in url.options:
            raise MalformedSecret(
                f"an option of '{field}' of {of} has the password, where it would not be changed",
                do=f"write it as the option password or take it out; if it is the same by "
                f"chance, set another password first, in {of}",
                field=field,
            )
        for name, held in (("username", url.username), ("password", url.password)):
            own = document.names.get(name, name)
            if held is not None and not isinstance(document[name], str):
                raise MalformedSecret(
                    f"field '{own}' of {of} must be a string of at least one character",
                    do=f"correct it in {of}",
                    field=own,
                )
            if held is not None and held != document[name]:
                raise MalformedSecret(
                    f"the {name} in '{field}' of {of} is not that in '{own}'",
                    do=f"store the one in use in both, in {of}",
                    field=field,
                )
    return document
