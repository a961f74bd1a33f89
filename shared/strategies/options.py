"""What the function's settings say of a single user's password."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from shared.errors import Misconfigured
from shared.settings import Settings
from shared.strategies.contract import Engine


@dataclass(frozen=True, slots=True)
class Options:
    """How the password changes; all off is what AWS's own functions do."""

    admin_sets: bool  # the admin's session makes the change
    overlap: bool  # the current password goes on working beside the pending one
    ends_on_finish: bool  # with overlap: until finishSecret, not until the next rotation
    short_gap: bool  # setSecret verifies and promotes as well

    @classmethod
    def from_environment(
        cls, environment: Mapping[str, str], engine: Engine[Any], *, two_passwords: bool
    ) -> Self:
        """Raises Misconfigured naming the variable.

        two_passwords: whether a user of this engine may have two.
        """
        settings = Settings(environment)
        ends = settings.choice(
            "OLD_PASSWORD_ENDS", default="next-rotation", of=("next-rotation", "on-finish")
        )
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
