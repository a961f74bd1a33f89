"""Whether a rotation ended as it must: what the target has to accept, and what to refuse."""

from collections.abc import Mapping
from dataclasses import dataclass

from local.demo.witness import Witness

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


@dataclass(frozen=True, slots=True)
class Check:
    """One promise, and whether it was kept."""

    promise: str
    kept: bool


def verdict(witness: Witness) -> list[Check]:
    """The promises of one rotation of the target, in the order they matter."""
    scenes = witness.scenes
    end = scenes[-1].after
    overlaps = witness.target.overlaps
    moments = [moment for scene in scenes for moment in (scene.before, scene.after)]
    return [
        Check(
            "the rotation succeeded",
            witness.outcome is not None and witness.outcome.state == "succeeded",
        ),
        Check("at every moment a stored version got in", not any(m.locked_out for m in moments)),
        Check("AWSCURRENT is the new version", CURRENT in end.labels.get(witness.version_id, ())),
        Check("the target accepts AWSCURRENT", end.accepted.get(witness.version_id, False)),
        Check(
            f"the target {'still accepts' if overlaps else 'refuses'} AWSPREVIOUS",
            end.accepted.get(witness.old) is overlaps,
        ),
        Check("the target refuses everything older", not _older(end.labels, end.accepted)),
    ]


def _older(labels: Mapping[str, tuple[str, ...]], accepted: Mapping[str, bool]) -> list[str]:
    kept = {version for version, on in labels.items() if {CURRENT, PREVIOUS} & set(on)}
    return [version for version, gets_in in accepted.items() if gets_in and version not in kept]
