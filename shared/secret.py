"""A string that cannot be printed, pickled or serialised by accident."""

import hmac
from typing import NoReturn, Self, final


@final
class Secret:
    """Holds a secret value; `reveal()` is the only way to it, and stands where the value leaves.

    `repr`, `str` and formatting give `Secret(***)`, so a log line or a traceback's locals never
    show it.
    It is no `str`: joining, JSON and pickling fail with TypeError.
    """

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the one place where it leaves the process."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(***)"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.reveal().encode())

    # A hash of a secret is a value derived from it: not to be had by accident either.
    __hash__ = None  # type: ignore[assignment]  # Python's own way to say "unhashable"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: it would be written in clear")
