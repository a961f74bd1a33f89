"""What answers mean: lists of statuses and conditions, and sentences about what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from rotators.http_api_key.description.expressions import Expression
from rotators.http_api_key.description.places import Place

# In the order in which an answer is compared with them.
OUTCOMES = ("authenticated", "rejected", "gone", "later", "done")
_WRONG_KEY = (401, 403)
_SUCCESS = range(200, 300)
_MAX_SENTENCE, _MAX_PHRASE = 200, 100


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers that mean one thing: statuses, and conditions on a JSON body."""

    statuses: frozenset[int]
    conditions: tuple[Expression, ...] = ()

    @classmethod
    def read(cls, place: Place) -> "Outcome":
        """A list of statuses and JMESPath conditions."""
        statuses, conditions = set(), []
        for item in place.items():
            if isinstance(item.value, str):
                conditions.append(item.expression())
            else:
                statuses.add(item.integer(range(200, 600)))
        return cls(frozenset(statuses), tuple(conditions))

    def covers(self, status: int, answer: object) -> bool:
        """Whether an answer is one of these."""
        return status in self.statuses or any(each.holds(answer) for each in self.conditions)

    def items(self) -> set[object]:
        """The statuses and the conditions' texts."""
        return {*self.statuses, *(condition.text for condition in self.conditions)}


def read_outcomes(members: Mapping[str, Place]) -> dict[str, Outcome]:
    """Those of a request's members that are outcomes; none is both `authenticated` and `rejected`.

    Raises DescriptionError.
    """
    found = {name: Outcome.read(members[name]) for name in OUTCOMES if name in members}
    if "authenticated" in found and "rejected" in found:
        both = found["authenticated"].items() & found["rejected"].items()
        if both:
            raise members["authenticated"].wrong(
                "has what 'rejected' has too; it means one of them"
            )
    return found


def check_proof(place: Place, outcomes: Mapping[str, Outcome]) -> None:
    """Check that a probe tells a wrong key from a missing right; raises DescriptionError."""
    if "rejected" not in outcomes:
        raise place.child("rejected").wrong(
            "is missing; list the answers that mean a wrong key, such as [401]"
        )
    if not outcomes["rejected"].items():
        raise place.child("rejected").wrong(
            "is empty, so that any key would be accepted; list the answers that mean a wrong key"
        )
    if "authenticated" not in outcomes:
        raise place.child("authenticated").wrong(
            "is missing; list the answers that mean a right key that lacks a right, "
            "[] where the issuer never tells"
        )
    for name in ("rejected", "authenticated"):
        if any(status in _SUCCESS for status in outcomes[name].statuses):
            raise place.child(name).wrong(
                "has a status of success; say by conditions on the answer which ones mean that"
            )
    if (
        outcomes["rejected"].statuses.issuperset(_WRONG_KEY)
        and not outcomes["authenticated"].items()
    ):
        raise place.child("rejected").wrong(
            "has 401 and 403, which cannot both mean a wrong key; say which answers mean one, "
            "by conditions on the answer"
        )


def read_because(place: Place) -> tuple[tuple[Expression, str], ...]:
    """`{CONDITION: SENTENCE}`: what an answer that is no success tells of the reason."""
    return tuple(
        (place.at(name).expression(), sentence.line(_MAX_SENTENCE))
        for name, sentence in place.members().items()
    )


def read_refusals(place: Place) -> tuple[tuple[Expression, str], ...]:
    """`{PHRASE: CONDITION}`: what a key may be that its successor would not be."""
    return tuple(
        (condition.expression(), place.at(phrase).line(_MAX_PHRASE))
        for phrase, condition in place.members().items()
    )
