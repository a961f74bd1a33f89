"""No URL has a key in it, or an id that is confidential: servers and proxies log URLs."""

from rotators.http_api_key.description.model import Description
from rotators.http_api_key.description.names import Name
from rotators.http_api_key.description.places import Place


def check_urls(description: Description) -> None:
    """Raises DescriptionError for the field that holds the key; templates refuse {key} itself."""
    for request in description.requests:
        bases = [description.base, *([request.base] if request.base else [])]
        for template in (*bases, request.path, *request.query.values()):
            for name in template.names:
                if _holds(description, name, "key"):
                    raise Place(None, request.place).wrong("must not have the key in its URL")
                if (
                    description.is_id_confidential
                    and (template is not request.path or request not in description.revoke)
                    and _holds(description, name, "id")
                ):
                    raise Place(None, request.place).wrong(
                        "must not have the id in its URL, which is confidential; only the path of "
                        "'revoke' may"
                    )


def _holds(description: Description, name: Name, part: str) -> bool:
    """Whether the name stands for this part of the secret, by its own name or by its field's."""
    if name.root == "secret":
        return description.field(name.field) == description.fields.get(part)
    return name.root == part
