"""Which function of ours takes the secrets of another one: as it shows, or as the caller says."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rotctl.adoption.note import Note
from rotctl.adoption.origin import TAKEN, templates
from rotctl.aws import permission
from rotctl.aws.functions import Function, Functions, Sight, tags_of
from rotctl.aws.permission import Permission
from rotctl.aws.session import Aws
from rotctl.aws.stack import function_arn
from rotctl.trouble import Denied, Missing, Trouble

_UNSEEN = Permission(None)


@dataclass(frozen=True, slots=True)
class Choice:
    """Ours, or none; with what is to be said of it, and who may invoke it."""

    new: Function | None
    notes: tuple[Note, ...]
    permission: Permission = _UNSEEN


class Chooser:
    """Chooses once for each function.

    said: the caller's word for a function by its name: the template's name of ours, or an ARN.
    """

    def __init__(self, aws: Aws, functions: Functions, stack: str, said: Mapping[str, str]) -> None:
        self._aws, self._functions, self._stack, self._said = aws, functions, stack, said
        self._known: dict[str, Choice] = {}

    def of(self, arn: str) -> Choice:
        """For the secrets of the function with this ARN; raises Trouble."""
        if arn not in self._known:
            self._known[arn] = self._choose(arn, self._functions[arn])
        return self._known[arn]

    def is_said(self, old: Function) -> bool:
        """Whether the caller has said which takes its secrets."""
        return old.name in self._said

    def _choose(self, arn: str, old: Function) -> Choice:
        try:
            new = self._ours(self._said.get(old.name) or self._named(arn, old))
        except _NoneError as none:
            return Choice(None, (Note(none.what, none.do, stops=True),))
        return Choice(new, tuple(_between(old, new)), permission.of_function(self._aws, new.arn))

    def _named(self, arn: str, old: Function) -> str:
        """The template's name of ours, by what the other one was made of."""
        _must_be_seen(old)
        say = f"say it: --function {old.name}=PostgresSingleUser, or another of ours"
        tags: Mapping[str, str] = {}
        try:
            tags = tags_of(self._aws, arn)
        except Missing:
            pass
        except Denied as denied:
            say = f"{denied.do}, or {say}"
        found = templates(old, tags)
        if len(found) > 1:
            both = " and ".join(sorted(found))
            raise _NoneError(f"{old.name} is named or tagged as {both}", do=say)
        if not found:
            raise _NoneError(f"nothing shows what {old.name} rotates", do=say)
        (template,) = found
        if template not in TAKEN:
            what = f"no function of ours rotates what {template} does"
            raise _NoneError(what, do="leave it with that function")
        return TAKEN[template]

    def _ours(self, name: str) -> Function:
        """By the template's name or an ARN."""
        try:
            new = self._functions[function_arn(self._aws, name, self._stack)]
        except Trouble as trouble:
            raise _NoneError(trouble.what, do=f"deploy it, or {trouble.do}") from None
        _must_be_seen(new)
        if new.sight is Sight.GONE:
            raise _NoneError(f"{new.name} is gone", do="deploy it again")
        if not new.is_ours:
            raise _NoneError(f"{new.name} is no function of ours", do="correct --function")
        return new


class _NoneError(Trouble):
    """Why no function of ours takes the secrets; the others' may go on."""


def _must_be_seen(function: Function) -> None:
    if function.sight is Sight.HIDDEN:
        do = "ask for the right lambda:GetFunctionConfiguration; see docs/rotctl.md"
        raise _NoneError(f"you may not look at {function.name}", do=do)


def said(given: Iterable[str]) -> dict[str, str]:
    """`--function OLD=NEW` by OLD; raises Trouble."""
    found = {}
    for each in given:
        old, _, new = each.partition("=")
        if not old or not new:
            raise Trouble(
                f"--function {each!r} is not OLD=NEW",
                do="give such as --function MyRotator=PostgresSingleUser",
            )
        found[old] = new
    return found


def _between(old: Function, new: Function) -> Iterator[Note]:
    """What the functions' networks let expect; the test of a secret tells whether it is so."""
    if old.sight is Sight.GONE:
        yield Note(f"{old.name} is gone", "know that nothing can be put back to it")
    elif old.sight is Sight.THERE and old.vpc != new.vpc:
        what = f"{old.name} is in {old.vpc or 'no VPC'}, {new.name} in {new.vpc or 'no VPC'}"
        yield Note(what, f"see that {new.name} has a route to the databases")
    elif not old.groups <= new.groups:
        what = f"{new.name} is not in the security group {', '.join(sorted(old.groups))}"
        yield Note(what, f"let {', '.join(sorted(new.groups))} into the databases' groups")
