"""Which function of ours takes the secrets of another one: as it shows, or as the caller says."""

from collections.abc import Iterable, Mapping

from rotctl.adoption.note import Note
from rotctl.adoption.origin import TAKEN, templates
from rotctl.aws.functions import Function, Functions, Sight, tags_of
from rotctl.aws.session import Aws
from rotctl.trouble import Denied, Missing, Trouble

Choice = tuple[Function | None, list[Note]]


class Chooser:
    """Chooses once for each function; `ours` are the stack's ARNs by the template's names.

    said: the caller's word for a function by its name, which may be such a name or any ARN.
    """

    def __init__(
        self, aws: Aws, functions: Functions, ours: Mapping[str, str], said: Mapping[str, str]
    ) -> None:
        self._aws, self._functions, self._ours, self._said = aws, functions, ours, said
        self._known: dict[str, Choice] = {}

    def of(self, old: Function) -> Choice:
        """Ours, or none, and what is to be said of it; raises Trouble."""
        if old.arn not in self._known:
            self._known[old.arn] = self._choose(old)
        return self._known[old.arn]

    def _choose(self, old: Function) -> Choice:
        name, note = self._name(old)
        if note is not None:
            return None, [note]
        arn = name if name.startswith("arn:") else self._ours.get(name)
        if arn is None:
            has = ", ".join(self._ours)
            note = Note(
                f"the stack has no {name}, but {has}", f"deploy it: Deploy{name}=true", stops=True
            )
            return None, [note]
        new = self._functions[arn]
        if new.sight is Sight.GONE:
            return None, [Note(f"{new.name} is gone", "deploy it again", stops=True)]
        if new.sight is Sight.HIDDEN:
            do = "ask for the right lambda:GetFunctionConfiguration; see docs/rotctl.md"
            return None, [Note(f"you may not look at {new.name}", do, stops=True)]
        if not new.is_ours:
            note = Note(f"{new.name} is no function of ours", "correct --function", stops=True)
            return None, [note]
        return new, list(_between(old, new))

    def _name(self, old: Function) -> tuple[str, Note | None]:
        """The template's name or the ARN of ours, or why there is none."""
        if old.name in self._said:
            return self._said[old.name], None
        names = ", ".join(self._ours)
        say = f"say it: --function {old.name}=PostgresSingleUser, or another of {names}"
        try:
            found = templates(old, tags_of(self._aws, old))
        except Missing:
            found = templates(old, {})
        except Denied as denied:
            found = templates(old, {})
            say = f"{denied.do}, or {say}"
        if len(found) != 1:
            says = f"says both {' and '.join(sorted(found))}" if found else "does not say"
            return "", Note(f"{old.name} {says} what it rotates", say, stops=True)
        (template,) = found
        if template not in TAKEN:
            what = f"no function of ours rotates what {template} does"
            return "", Note(what, "leave it with that function", stops=True)
        return TAKEN[template], None


def said(given: Iterable[str], ours: Mapping[str, str]) -> dict[str, str]:
    """`--function OLD=NEW` by OLD; raises Trouble."""
    found = {}
    for each in given:
        old, _, new = each.partition("=")
        if not old or not (new in ours or new.startswith("arn:")):
            raise Trouble(
                f"--function {each!r}: NEW of OLD=NEW is none of {', '.join(ours)}, and no ARN",
                do="give such as --function MyRotator=PostgresSingleUser",
            )
        found[old] = new
    return found


def _between(old: Function, new: Function) -> Iterable[Note]:
    """What the two functions' networks let expect; the test of a secret tells whether it is so."""
    if old.sight is Sight.GONE:
        yield Note(f"{old.name} is gone", "know that there is no way back to it")
    if old.vpc != new.vpc and old.sight is Sight.THERE:
        what = f"{old.name} is in {old.vpc or 'no VPC'}, {new.name} in {new.vpc or 'no VPC'}"
        yield Note(what, f"see that {new.name} has a route to the databases")
    elif not old.groups <= new.groups:
        what = f"{new.name} is not in the security group {', '.join(sorted(old.groups))}"
        yield Note(what, f"let {', '.join(sorted(new.groups))} into the databases' group")
