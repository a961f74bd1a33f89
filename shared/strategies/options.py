"""What the function's settings, and the secret within them, say of a single user's password."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from shared.asked.wishes import Asked, Kind
from shared.errors import Misconfigured
from shared.settings import Settings
from shared.strategies.contract import Engine

_FLAGS = ("PASSWORD_OVERLAP", "SHORT_GAP")
_ENDS = ("on-finish", "next-rotation")  # the earlier one first
ONE_PASSWORD: Mapping[str, Kind] = MappingProxyType({"SHORT_GAP": "flag"})
TWO_PASSWORDS: Mapping[str, Kind] = MappingProxyType(
    {**ONE_PASSWORD, "PASSWORD_OVERLAP": "flag", "OLD_PASSWORD_ENDS": "text"}
)


@dataclass(frozen=True, slots=True)
class Options:
    """How the password changes; all off is what AWS's own functions do."""

    admin_sets: bool  # the admin's session makes the change
    overlap: bool  # the current password goes on working beside the pending one
    ends_on_finish: bool  # with overlap: until finishSecret, not until the next rotation
    short_gap: bool  # setSecret verifies and promotes as well

    @classmethod
    def granted(cls, asked: Asked, engine: Engine[Any], *, two_passwords: bool) -> Self:
        """What the function says, or the secret where the function leaves it open.

        two_passwords: whether a user of this engine may have two.
        Raises Misconfigured naming the variable, and MalformedSecret naming the place.
        """
        for flag in _FLAGS:
            asked.keep_off(flag)
        _keep_early_end(asked)
        for flag, other in (_FLAGS, _FLAGS[::-1]):
            # What the secret says itself goes before what the function says for all of them.
            if flag in asked.names and other not in asked.names and asked.flag(flag, default=False):
                asked = asked.with_value(other, "")
        return cls._read(asked, engine, two_passwords=two_passwords)

    @classmethod
    def _read(cls, settings: Settings, engine: Engine[Any], *, two_passwords: bool) -> Self:
        ends = settings.choice("OLD_PASSWORD_ENDS", default="next-rotation", of=_ENDS)
        options = cls(
            admin_sets=settings.flag("ADMIN_SETS_PASSWORD", default=not engine.changes_itself),
            overlap=settings.flag("PASSWORD_OVERLAP", default=False),
            ends_on_finish=ends == "on-finish",
            short_gap=settings.flag("SHORT_GAP", default=False),
        )
        if not (options.admin_sets or engine.changes_itself):
            raise Misconfigured(
                f"only an admin can set the password of a {engine.name} user",
                do="unset ADMIN_SETS_PASSWORD, and let each secret's 'masterarn' name its admin's",
                field="ADMIN_SETS_PASSWORD",
            )
        if options.overlap and not two_passwords:
            raise Misconfigured(
                f"a {engine.name} user has one password only, so PASSWORD_OVERLAP cannot be",
                do="unset it, and use alternating users or SHORT_GAP",
                field="PASSWORD_OVERLAP",
            )
        if options.overlap and options.short_gap:
            raise Misconfigured(
                "with PASSWORD_OVERLAP there is no gap that SHORT_GAP could shorten",
                do="unset one of the two",
                field="SHORT_GAP",
            )
        return options


def _keep_early_end(asked: Asked) -> None:
    """Raise MalformedSecret where the old password is to end later than the function says."""
    name = "OLD_PASSWORD_ENDS"
    ours = asked.own.choice(name, default=_ENDS[-1], of=_ENDS)
    if name in asked.names and _ENDS.index(asked.choice(name, default=ours, of=_ENDS)) > (
        _ENDS.index(ours)
    ):
        asked.refuse(
            name,
            f"is later than {name}={ours} of the function",
            f"take it out, or set {name}=next-rotation on the function",
        )
