"""Whether a rotation takes longer, or more calls, with many versions and beside many secrets.

Warm rotations of a PostgreSQL user: the least time of the steps; the local service's is in it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from local.bench.rotations import whole
from local.bench.running import Bench
from local.bench.table import Row
from local.servers import postgres
from rotators.postgres.testing import PostgresTarget

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

PART = "scale"
TIMES = 10  # at most


class Flatness(NamedTuple):
    """The least seconds of a rotation's steps, the processor's too, and the most calls."""

    seconds: float
    processor: float
    calls: int


def rows(bench: Bench) -> Iterator[Row]:
    """Time and calls with each number of versions, then of secrets, beside the first."""
    client = bench.service.client()
    bench.home.use(bench.functions)
    _rotate(bench, _made(bench, client, "scale/first", 1))  # which is cold
    kinds = {"versions": _by_versions(bench, client), "other secrets": _by_secrets(bench, client)}
    for kind, by_number in kinds.items():
        (number, first), *more = by_number.items()
        beside = f"with {number}"
        for number, each in more:
            of = f"with {number:,} {kind}"
            yield Row(PART, of, "steps, ms", each.seconds * 1000, beside, first.seconds * 1000)
            own = each.processor * 1000, first.processor * 1000
            yield Row(PART, of, "processor, ms", own[0], beside, own[1])
            yield Row(PART, of, "calls", each.calls, beside, first.calls)
    bench.home.use({})


def _by_versions(bench: Bench, client: "SecretsManagerClient") -> dict[int, Flatness]:
    """By turns, each time of secrets that have not been rotated."""
    found: dict[int, list[Flatness]] = {number: [] for number in bench.counts.versions}
    for turn in range(_times(bench)):
        # All first, as who has waited for others is slower.
        made = {
            number: _made(bench, client, f"scale/versions/{number}/{turn}", number)
            for number in found
        }
        for number, each in found.items():
            each.append(_rotate(bench, made[number]))
    return {number: _least(each) for number, each in found.items()}


def _by_secrets(bench: Bench, client: "SecretsManagerClient") -> dict[int, Flatness]:
    """One after the other: there are only ever more of them."""
    found, made = {}, 0
    for number in bench.counts.secrets:
        for other in range(made, number):
            client.create_secret(Name=f"scale/other/{other}", SecretString="{}")
        made = number
        names = (f"scale/secrets/{number}/{turn}" for turn in range(_times(bench)))
        found[number] = _least([_rotate(bench, _made(bench, client, name, 1)) for name in names])
    return found


def _made(bench: Bench, client: "SecretsManagerClient", name: str, versions: int) -> str:
    """The ARN of a new secret with so many versions, of a new user."""
    target = PostgresTarget(bench.place.running(postgres), f"scale {versions}")
    arn = target.seed(client, name)
    value = client.get_secret_value(SecretId=arn)["SecretString"]
    for _ in range(versions - 1):
        client.put_secret_value(SecretId=arn, SecretString=value)
    return arn


def _rotate(bench: Bench, arn: str) -> Flatness:
    before = len(bench.service.calls)
    taken = whole(bench.rotate(arn, PostgresTarget.function))
    calls = len(bench.service.calls) - before - 1  # but RotateSecret
    return Flatness(taken.seconds, taken.processor, calls)


def _times(bench: Bench) -> int:
    return min(TIMES, bench.counts.rotations)


def _least(each: list[Flatness]) -> Flatness:
    seconds, processor, calls = zip(*each, strict=True)
    return Flatness(min(seconds), min(processor), max(calls))
