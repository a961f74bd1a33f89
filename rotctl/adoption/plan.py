"""What is to become of each secret, with what can be seen of it before anything is changed.

A value is not read, so the rest is told by our function: asked, or by testSecret, which runs first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rotctl.adoption.choice import Chooser
from rotctl.adoption.note import Note
from rotctl.adoption.owner import owner
from rotctl.aws import permission
from rotctl.aws.functions import Function, Functions
from rotctl.aws.permission import Permission
from rotctl.aws.secrets import Secret
from rotctl.state import labels

_AWS = "`aws secretsmanager"


@dataclass(frozen=True, slots=True)
class Move:
    """A secret, the function that it has, and the one of ours that it is to have.

    is_seen: whether ours has answered what it sees of the secret.
    """

    secret: Secret
    old: Function
    new: Function | None
    notes: tuple[Note, ...]
    is_seen: bool = False

    @property
    def stopped(self) -> str:
        """Why the secret keeps its function; empty where it is moved."""
        return "; ".join(str(note) for note in self.notes if note.stops)


def plan(
    found: Iterable[Secret], functions: Functions, chooser: Chooser, *, owned: bool
) -> list[Move]:
    """Those whose function is not one of ours, or is another one than was said; raises Trouble.

    owned: whether those that CloudFormation or Terraform owns are moved, too.
    """
    moves = []
    for secret in sorted(found, key=lambda each: each.name):
        old = functions[secret.function]
        if old.is_ours and not chooser.is_said(old):
            continue
        if not secret.function:
            moves.append(Move(secret, old, None, (_without(secret),)))
            continue
        choice = chooser.of(secret.function)
        if choice.new is not None and choice.new.arn == secret.function:
            continue
        notes = [*_obstacles(secret, old), *choice.notes]
        if choice.new is not None:
            notes += _of_both(secret, choice.new, choice.permission, owned=owned)
        moves.append(Move(secret, old, choice.new, tuple(notes)))
    return moves


def _without(secret: Secret) -> Note:
    if secret.owner:
        what = f"the service {secret.owner} rotates it"
        return Note(what, "leave it to that service", stops=True)
    do = f"attach one with `rotctl attach {secret.name} --function ...`"
    return Note("it has no rotation function", do, stops=True)


def _obstacles(secret: Secret, old: Function) -> Iterator[Note]:
    """What keeps any function from being exchanged."""
    of = f"--secret-id {secret.name}"
    if secret.deleted is not None:
        do = f"keep it: {_AWS} restore-secret {of}`"
        yield Note("it is scheduled for deletion", do, stops=True)
    elif not secret.enabled:
        yield Note(
            "its rotation is switched off, and the move would switch it on",
            f"switch it on first: {_AWS} rotate-secret {of} --no-rotate-immediately`",
            stops=True,
        )
    if version := labels.pending(secret.labels):
        yield Note(
            f"a rotation by {old.name} has not ended",
            f"have it attempted again: `rotctl rotate {secret.name}`; or give it up:"
            f" {_AWS} update-secret-version-stage {of} --version-stage {labels.PENDING}"
            f" --remove-from-version-id {version}`",
            stops=True,
        )


def _of_both(secret: Secret, new: Function, who: Permission, *, owned: bool) -> Iterator[Note]:
    """What is between the secret and our function."""
    if by := owner(secret.tags):
        # Its next deployment may undo the move; the page has the templates' changes.
        say = f"say {new.arn} in its template, too (docs/from-aws-functions.md)"
        do = say if owned else f"move it now with --owned, and {say}"
        yield Note(f"it is owned by {by}, which may set its function again", do, stops=not owned)
    if who.lets_invoke(secret.arn) is False:
        do = f"let it: {permission.grant(new.arn, secret.arn)}"
        yield Note(f"Secrets Manager may not invoke {new.name}", do, stops=True)
    if secret.key:
        do = f"let the role of {new.name} use it: KmsKeyArns of the stack, and the key's policy"
        yield Note(f"a key of yours encrypts it, {secret.key}", do)
