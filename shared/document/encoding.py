"""Which texts have a form in UTF-8."""


def encodable(text: str) -> bool:
    """Whether there is UTF-8 for it: there is none for half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
