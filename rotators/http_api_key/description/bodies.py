"""Whether a body is of the type that its header says."""

import re
from collections.abc import Mapping

from rotators.http_api_key.description.places import Place
from rotators.http_api_key.description.templates import Template

_TYPES = {
    "body": (re.compile(r"application/([\w.+-]+\+)?json"), "application/json or one in +json"),
    "form": (re.compile(r"application/x-www-form-urlencoded"), "application/x-www-form-urlencoded"),
    "text": (re.compile(r"[\w.+-]+/[\w.+-]+"), "a type such as text/plain"),
}


def check_content_type(
    place: Place, members: Mapping[str, Place], headers: Mapping[str, Template]
) -> None:
    """Check that a request's Content-Type is the one of its body; raises DescriptionError.

    A JSON string sent as `text/plain` would be taken with its quotes.
    """
    said = next((name for name in headers if name.lower() == "content-type"), None)
    for member, (pattern, shown) in _TYPES.items():
        if member not in members:
            continue
        if said is None:
            if member == "text":
                raise place.child("headers").child("Content-Type").wrong("is missing, for 'text'")
            return
        template = headers[said]
        text = "".join(piece for piece in template.pieces if isinstance(piece, str))
        media_type = text.partition(";")[0].strip().lower()
        if any(template.names) or not pattern.fullmatch(media_type):
            raise place.child("headers").child(said).wrong(f"must be {shown}, as '{member}' is")
