"""A secret's fields in messages: by the names that they have in it, and where advice goes."""

import re
from collections.abc import Collection, Mapping

# What a field of its own may say where a connection URL says something else.
_PLACE = ("host", "port", "dbname", "engine")
_NO_ROOM = (
    "; a plain string has no room for a field: store a JSON object, with the URL in a field that "
    "'rotation.urls' lists"
)


class Names(dict[str, str]):
    """The field that each name is in, where that has another name.

    own: the field that is mapped to a name, which a URL says where that one is null.
    urls: those of the fields that are connection URLs. Applications may need them as they are.
    plain: whether the secret is one plain string.
    """

    def __init__(
        self,
        names: Mapping[str, str],
        own: Mapping[str, str],
        urls: Collection[str],
        *,
        plain: bool,
    ) -> None:
        super().__init__(names)
        self.own = own
        self.urls = urls
        self.plain = plain

    def is_beside(self, name: str) -> bool:
        """Whether a URL says it, and a field may say it instead."""
        return name in _PLACE and self[name] in self.urls


def renamed(what: str, do: str, names: Mapping[str, str]) -> tuple[str, str]:
    """What happened and what to do, with a secret's fields by the names that they have in it.

    Where a field of its own is a way beside a URL, the advice is that field.
    """
    quoted = "|".join(map(re.escape, names))
    each = rf"'({quoted})'(?!@)"  # an account may be called so: 'host'@'%'
    what = re.sub(rf"(?<=field ){each}", lambda found: f"'{names[found[1]]}'", what)
    told = re.sub(
        rf"(?P<verb>\b(?:let|set|in|correct) )?{each}(?: and {each})?",
        lambda found: _told(found["verb"] or "", [n for n in found.groups()[1:] if n], names),
        do,
    )
    if isinstance(names, Names) and names.plain and re.search(r"a field |'tls_host'", told):
        told += _NO_ROOM
    return what, told


def _told(verb: str, mentioned: Collection[str], names: Mapping[str, str]) -> str:
    """The fields of these names behind a verb, or behind none."""
    fields = dict.fromkeys(f"'{names[name]}'" for name in mentioned)  # two may be in one URL
    if not verb or not isinstance(names, Names) or not all(map(names.is_beside, mentioned)):
        return verb + " and ".join(fields)
    own = [f"'{names.own.get(name, name)}'" for name in mentioned]
    (url,) = fields
    if verb == "correct ":
        return f"correct {' and '.join(own)}, in {url} or in a field of its own"
    beside = "" if names.plain else f" beside {url}"
    return f"{verb}{' and '.join(f'a field {each}' for each in own)}{beside}"
