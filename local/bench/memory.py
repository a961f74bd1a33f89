"""What the first rotation of a fresh process takes, by the memory of the function.

A start has a whole processor, as in Lambda, and the steps after it the share that the memory gives,
by a quota of the kernel's: the time of both is billed, and lengthens the gap. The least of several
rotations of each function's usual target; the peak is with Lambda's own runtime in the process.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.bench.home import START, Taken
from local.bench.prices import Architecture, dollars
from local.bench.quota import ONE_PROCESSOR, quota
from local.bench.running import BEFORE, Bench
from local.bench.table import Row
from local.build import repeatable
from local.functions.built import Built
from local.system import open_targets, settings_of
from local.targets import registry

PART, COST = "memory", "cost"
FLAT = 1.1  # of the least: more memory makes it shorter by less than a tenth
ZIPPED_LIMIT = 8.0  # megabytes; tests/deploy/artifacts holds it
MONTH = 10_000  # rotations


@dataclass
class Rotation:
    """The least seconds of a function's start and steps, and the most calls that it made."""

    calls: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def keep(self, taken: list[Taken], calls: int) -> None:
        """Of what one rotation took."""
        self.calls = max(calls, self.calls)
        for each in taken:
            seconds = self.seconds.get(each.step, each.seconds)
            self.seconds[each.step] = min(seconds, each.seconds)

    @property
    def steps(self) -> float:
        """Seconds of all steps; a start takes as long with any memory."""
        return sum(each for name, each in self.seconds.items() if name != START)


@dataclass
class Measured:
    """By function and megabytes; `earlier` are of earlier artifacts; peak: megabytes."""

    rotations: dict[str, dict[int, Rotation]] = field(default_factory=dict)
    earlier: dict[str, Rotation] = field(default_factory=dict)
    peak: dict[str, float] = field(default_factory=dict)

    def flat(self, function: str) -> int:
        """The smallest memory at which the steps are hardly longer than with any other."""
        by_memory = self.rotations[function]
        least = min(each.steps for each in by_memory.values())
        return min(memory for memory, each in by_memory.items() if each.steps <= least * FLAT)


def rows(bench: Bench) -> Iterator[Row]:
    """The first step, the whole by memory, the peak, the size and the cost; may raise NoQuotaError.

    Of each function that has a target here.
    """
    measured = measure(bench)
    for function, by_memory in measured.rotations.items():
        built = bench.functions[function]
        yield from _steps(function, built, measured)
        most = by_memory[max(by_memory)].steps * 1000
        for memory, rotation in by_memory.items():
            what, beside = f"steps at {memory} MB, ms", f"at {max(by_memory)} MB"
            yield Row(PART, function, what, rotation.steps * 1000, beside, most)
        flat = measured.flat(function)
        yield Row(PART, function, "no shorter from, MB", flat, "MemorySize", built.memory)
        yield Row(PART, function, "peak, MB", measured.peak[function], "MemorySize", built.memory)
        _, zipped = repeatable.measured(built.artifact)
        yield Row(PART, function, "zipped, MB", zipped, "limit", ZIPPED_LIMIT)
    for function in measured.rotations:
        yield from _costs(function, bench.functions[function].memory, measured)


def measure(bench: Bench) -> Measured:
    """Each function with each memory in turn, several times."""
    measured = Measured()
    targets = open_targets(registry.usual_targets(), bench.place)
    bench.home.environment |= settings_of(targets.values())
    arns = {
        target.function: target.seed(bench.service.client(), f"memory/{name}")
        for name, target in targets.items()
    }
    for _ in range(bench.counts.cold):
        for memory in bench.counts.memories:
            with quota(memory / ONE_PROCESSOR) as group, bench.home.within(group):
                for function, taken, calls in _cold(bench, arns, bench.functions):
                    known = measured.rotations.setdefault(function, {})
                    known.setdefault(memory, Rotation()).keep(taken, calls)
                    peak = measured.peak.get(function, 0)
                    measured.peak[function] = max(peak, bench.home.peak.pop(function))
                earlier = {k: v for k, v in bench.before.items() if v.memory == memory}
                for function, taken, calls in _cold(bench, arns, earlier):
                    measured.earlier.setdefault(function, Rotation()).keep(taken, calls)
                    bench.home.peak.clear()
    return measured


def _cold(
    bench: Bench, arns: Mapping[str, str], functions: Mapping[str, Built]
) -> Iterator[tuple[str, list[Taken], int]]:
    """Each function, what a fresh process of it took, and its calls."""
    bench.home.use(functions)
    for function in (name for name in functions if name in arns):
        before = len(bench.service.calls)
        taken = bench.rotate(arns[function], function)
        yield function, taken, len(bench.service.calls) - before - 1  # but RotateSecret


def _steps(function: str, built: Built, measured: Measured) -> Iterator[Row]:
    """The first step, which is what lengthens a first rotation, and all of them."""
    by_memory = measured.rotations[function]
    usual = by_memory.get(built.memory)
    if usual is None:
        return
    beside, other = f"at {max(by_memory)} MB", by_memory[max(by_memory)]
    if function in measured.earlier:
        beside, other = BEFORE, measured.earlier[function]
    for step, seconds in usual.seconds.items():
        what = "start, ms" if step == START else f"{step} at {built.memory} MB, ms"
        yield Row("step", function, what, seconds * 1000, beside, other.seconds[step] * 1000)


def _costs(function: str, memory: int, measured: Measured) -> Iterator[Row]:
    """Of ten thousand rotations a month, each of them cold; one is a ten-thousandth."""
    by_memory, flat = measured.rotations[function], measured.flat(function)
    usual = memory if memory in by_memory else flat
    yield Row(COST, function, "calls to Secrets Manager", by_memory[usual].calls)
    for architecture in Architecture:
        each, other = (
            MONTH * dollars(at, by_memory[at].seconds, by_memory[at].calls, architecture)
            for at in (usual, flat)
        )
        what = f"{MONTH:,} at {usual} MB, {architecture.value}, $"
        yield Row(COST, function, what, each, f"at {flat} MB", other)
