"""What is to become of each secret, with what can be seen of it before anything is changed.

A value is not read, so the rest is told by testSecret, which runs first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rotctl.adoption.choice import Chooser
from rotctl.adoption.note import Note
from rotctl.adoption.owner import owner
from rotctl.aws.functions import Function, Functions
from rotctl.aws.secrets import Secret
from rotctl.state import labels


@dataclass(frozen=True, slots=True)
class Move:
    """A secret, the function that it has, and the one of ours that it is to have."""

    secret: Secret
    old: Function
    new: Function | None
    notes: tuple[Note, ...]

    @property
    def is_left(self) -> bool:
        """Whether it keeps its function."""
        return self.new is None or any(note.stops for note in self.notes)


def plan(
    found: Iterable[Secret], functions: Functions, chooser: Chooser, *, owned: bool
) -> list[Move]:
    """Those whose function is not one of ours, by name; raises Trouble.

    owned: whether those that CloudFormation or Terraform owns are moved, too.
    """
    moves = []
    for secret in sorted(found, key=lambda each: each.name):
        old = functions[secret.function]
        if old.is_ours:
            continue
        new, notes = chooser.of(old) if secret.function else (None, [])
        said = (*_obstacles(secret, old), *_owned(secret, new, owned=owned), *notes)
        moves.append(Move(secret, old, new, (*said, *_key(secret, new))))
    return moves


def _obstacles(secret: Secret, old: Function) -> Iterator[Note]:
    """What keeps any function from being exchanged."""
    aws = "`aws secretsmanager"
    of = f"--secret-id {secret.name}"
    if secret.deleted is not None:
        yield Note(
            "it is scheduled for deletion", f"keep it: {aws} restore-secret {of}`", stops=True
        )
    elif not secret.function:
        what = "no function rotates it" if secret.enabled else "it has no rotation function"
        yield Note(what, "leave it so, or attach one yourself", stops=True)
    elif not secret.enabled:
        yield Note(
            "its rotation is switched off, and the move would switch it on",
            f"switch it on first: {aws} rotate-secret {of} --no-rotate-immediately`",
            stops=True,
        )
    if secret.function and (version := labels.pending(secret.labels)):
        yield Note(
            f"a rotation by {old.name} has not ended",
            f"have it attempted again: `rotctl rotate {secret.name}`; or give it up:"
            f" {aws} update-secret-version-stage {of} --version-stage {labels.PENDING}"
            f" --remove-from-version-id {version}`",
            stops=True,
        )


def _owned(secret: Secret, new: Function | None, *, owned: bool) -> Iterator[Note]:
    """Whose next deployment may undo it; docs/from-aws-functions.md has the templates' changes."""
    if new is not None and (by := owner(secret.tags)):
        say = f"say {new.arn} in its template, too (docs/from-aws-functions.md)"
        do = say if owned else f"move it now with --owned, and {say}"
        yield Note(f"it is owned by {by}, which may set its function again", do, stops=not owned)


def _key(secret: Secret, new: Function | None) -> Iterator[Note]:
    if new is not None and secret.key:
        do = f"let the role of {new.name} use it: KmsKeyArns of the stack, and the key's policy"
        yield Note(f"a key of yours encrypts it, {secret.key}", do)
