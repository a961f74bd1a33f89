"""How a rotation ends, and what becomes of AWSPENDING then (fact 11)."""

from local.verify.expect import equal
from local.verify.notes import PLAIN
from local.verify.probe import CURRENT, PREVIOUS, Probe
from local.verify.registry import rule


@rule(11)
def the_service_takes_awspending_off_when_finishsecret_has_succeeded(probe: Probe) -> None:
    """A function that leaves AWSPENDING where it is finds it gone after finishSecret."""
    secret = probe.rotating()
    version = probe.rotate(secret)
    probe.see_rotated(secret, version)
    probe.see_labels(secret, {version: [CURRENT], secret.version: [PREVIOUS]})


@rule(11)
def a_function_may_take_awspending_off_itself(probe: Probe) -> None:
    """A finishSecret that moves AWSCURRENT and takes AWSPENDING off succeeds."""
    secret = probe.rotating({**PLAIN, "finishSecret": ["move drop"]})
    version = probe.rotate(secret)
    last = probe.notes(secret, 4)[-1]
    equal("how it ended", last.words[2:], ("move:ok", "drop:ok"))
    probe.see_rotated(secret, version)
    probe.until(
        "LastRotatedDate",
        lambda: probe.described(secret, "LastRotatedDate"),
        bool,
        within=probe.place.patience.rotation,
        wanted="a date, as the rotation has succeeded",
    )


@rule(11)
def a_finish_that_fails_after_the_move_is_attempted_again(probe: Probe) -> None:
    """A finishSecret that moves AWSCURRENT and then fails is attempted again, as any other step."""
    secret = probe.rotating({**PLAIN, "finishSecret": ["move fail", "move"]})
    version = probe.rotate(secret)
    notes = probe.notes(secret, 8, attempts=2)
    equal("the versions", {note.version for note in notes}, {version})
    equal("the last step", notes[-1].step, "finishSecret")
    probe.see_rotated(secret, version)


@rule(11)
def a_value_put_after_a_rotation_is_not_undone_by_the_next(probe: Probe) -> None:
    """After a rotation and a put by hand, RotateSecret makes another version, and no old one."""
    secret = probe.rotating()
    first = probe.rotate(secret)
    probe.see_rotated(secret, first)
    by_hand = probe.put(secret, "by-hand")
    second = probe.rotate(secret)
    probe.see_rotated(secret, second)
    probe.see_labels(secret, {second: [CURRENT], by_hand: [PREVIOUS]})
