"""What one look at a wave makes of each reader: left, begun, waited for, or the end of it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from moto.core.exceptions import JsonRESTError
from moto.ecs.models import EC2ContainerServiceBackend

from local.secrets_manager import ManualClock
from rotctl.trouble import Passing, Trouble
from tests.watch.renewal.account import Account, ago, refused
from tests.watch.renewal.looks import course, looked, stop
from tests.watch.renewal.rotated import Rotated
from watch.renewal import wave
from watch.renewal.course import Course, Outcome


def test_what_somebody_has_deployed_since_is_waited_for_and_not_begun_again(
    account: Account, rotated: Rotated
) -> None:
    arn = account.service("theirs")
    account.deployed("theirs", minutes=5)
    account.of("theirs").deployments[0]["rolloutState"] = "IN_PROGRESS"
    first = looked(course(rotated, [arn]))
    assert (first.outcome, [*first.begun]) == (Outcome.WAITING, [arn])
    account.of("theirs").deployments[0]["rolloutState"] = "COMPLETED"
    last = looked(first)
    assert (last.outcome, last.renewed, account.forced) == (Outcome.RENEWED, [arn], [])


def test_no_more_than_ten_are_begun_at_once(account: Account, rotated: Rotated) -> None:
    arns = [account.service(f"many-{number:02}") for number in range(12)]
    account.ends |= dict.fromkeys((f"many-{number:02}" for number in range(1, 12)), "IN_PROGRESS")
    first = looked(course(rotated, arns, ["later"]))
    assert len(account.forced) == len(first.begun) == wave.AT_ONCE
    second = looked(first)
    assert second.renewed == [arns[0]]
    assert len(account.forced) == wave.AT_ONCE
    third = looked(second)
    assert account.forced[wave.AT_ONCE :] == ["many-10"]
    assert third.waves == [arns[1:], ["later"]]


def test_a_service_without_tasks_is_renewed_and_one_that_is_gone_is_none(
    account: Account, rotated: Rotated
) -> None:
    idle = account.service("idle", desiredCount=0)
    account.of("idle").running_count = account.of("idle").pending_count = 0
    gone = account.service("gone")
    account.ecs.delete_service(cluster="main", service="gone", force=True)
    function = account.function("removed")
    account.functions.delete_function(FunctionName="removed")
    never = gone.replace("/main/", "/nowhere/")
    after = looked(course(rotated, [idle, gone, f"{gone}-never", never, function]))
    assert (after.outcome, after.renewed, account.forced) == (Outcome.RENEWED, [idle], [])


def test_a_service_that_is_not_shown_is_not_gone(account: Account, rotated: Rotated) -> None:
    arn = account.service("hidden")
    hidden = mock.Mock(return_value=([], [{"arn": arn, "reason": "ACCESS_DENIED"}]))
    with mock.patch.object(EC2ContainerServiceBackend, "describe_services", hidden):
        assert stop(course(rotated, [arn])).endswith("does not show it (ACCESS_DENIED)")
    assert account.forced == []


def test_a_service_whose_deployments_are_anothers_is_not_forced(
    account: Account, rotated: Rotated
) -> None:
    arn = account.service("blue", deploymentController={"type": "CODE_DEPLOY"})
    assert "CODE_DEPLOY" in stop(course(rotated, [arn]))
    assert account.forced == []


def told_of(account: Account, name: str, words: str) -> None:
    """Have ECS tell this of the service just before its newest deployment."""
    at = account.of(name).deployments[0]["createdAt"] - timedelta(seconds=1)
    told = {"id": "1", "createdAt": at, "message": f"(service {name}) {words}"}
    account.of(name).events = [told]


def test_a_rollback_of_an_earlier_deployment_says_nothing_of_this_one(
    account: Account, rotated: Rotated
) -> None:
    arn = account.service("again")
    first = looked(course(rotated, [arn]))
    (deployment,) = account.of("again").deployments
    for other in ("ecs-svc/1", f"{deployment['id']}0"):
        told_of(account, "again", f"rolling back to deployment {other}.")
        assert looked(first).outcome is Outcome.RENEWED


def test_a_rollback_is_no_new_start(account: Account, rotated: Rotated) -> None:
    """It is a deployment that completes, newer than the rotation, with the tasks of before."""
    words = "rolling back to deployment"
    arns = [account.service(name) for name in ("by-reason", "by-event")]
    begun = [looked(course(rotated, [arn])) for arn in arns]
    (deployment,) = account.of("by-reason").deployments
    deployment["rolloutStateReason"] = (
        f"ECS deployment circuit breaker: {words}Id {deployment['id']}"
    )
    (deployment,) = account.of("by-event").deployments
    told_of(account, "by-event", f"{words} {deployment['id']}.")
    for each in begun:
        assert stop(each) == "its new deployment failed, and ECS has rolled it back"
    # Another renewal begins it again.
    assert [*looked(course(rotated, arns)).begun] == arns
    assert account.forced == ["by-reason", "by-event"] * 2


def test_a_service_behind_a_classic_load_balancer_is_counted(
    account: Account, rotated: Rotated
) -> None:
    arn = account.service("classic")
    first = looked(course(rotated, [arn]))
    (deployment,) = account.of("classic").deployments
    del deployment["rolloutState"]
    account.of("classic").deployments.append({**deployment, "status": "ACTIVE"})
    second = looked(first)
    assert second.outcome is Outcome.WAITING
    account.of("classic").deployments.pop()
    assert looked(second).outcome is Outcome.RENEWED


def test_an_hour_is_waited_and_no_longer(account: Account, rotated: Rotated) -> None:
    arn = account.service("slow")
    account.ends["slow"] = "IN_PROGRESS"
    first = looked(course(rotated, [arn]))
    assert looked(replace(first, begun={arn: ago(minutes=59)})).outcome is Outcome.WAITING
    why = stop(replace(first, begun={arn: ago(minutes=61)}))
    assert why.startswith("it has not become healthy within an hour: 1 of 1 of its new tasks run")


def test_a_start_that_was_taken_back_is_not_begun_again(account: Account, rotated: Rotated) -> None:
    arn = account.service("undone")
    first = looked(course(rotated, [arn]))
    account.deployed("undone", days=1)
    assert stop(first) == "its newest deployment is one of before the rotation again"
    assert account.forced == ["undone"]


def test_what_was_begun_is_known_though_a_later_reader_is_throttled(
    account: Account, rotated: Rotated
) -> None:
    arns = [account.service(name) for name in ("before", "throttled")]

    def throttle() -> None:
        account.deployed("throttled", days=1)
        raise JsonRESTError("ThrottlingException", "as it was asked for")

    account.on_force["throttled"] = throttle
    first = looked(course(rotated, arns))
    assert (first.outcome, [*first.begun]) == (Outcome.WAITING, arns[:1])
    second = looked(first)
    assert (second.renewed, second.waves) == (arns[:1], [arns[1:]])
    with pytest.raises(Passing):
        looked(second)


def test_a_reader_that_may_not_be_renewed_stops_it_and_one_that_is_throttled_does_not(
    account: Account, rotated: Rotated
) -> None:
    arn = account.service("guarded")
    with refused(EC2ContainerServiceBackend, "update_service", "AccessDeniedException"):
        after = looked(course(rotated, [arn]))
    assert after.what.startswith("ECS UpdateService of 'guarded' in us-east-1: ReaderRenewer has")
    assert after.do.startswith("its tag reader-of has to be there, with names that begin with one")
    with (
        refused(EC2ContainerServiceBackend, "update_service", "ThrottlingException"),
        pytest.raises(Passing),
    ):
        looked(course(rotated, [arn]))


def test_it_goes_on_where_the_secret_is_rotated_again_and_the_next_renewal_begins_nothing_twice(
    account: Account, rotated: Rotated, clock: ManualClock
) -> None:
    arn = account.service("twice")
    first = course(rotated, [arn])
    clock.advance(120)
    rotated.rotate()
    begun = looked(first)
    assert (begun.outcome, account.forced) == (Outcome.WAITING, ["twice"])
    assert looked(begun).outcome is Outcome.RENEWED
    assert looked(course(rotated, [arn])).outcome is Outcome.RENEWED
    assert account.forced == ["twice"]


def replace_deployment(account: Account, name: str, **ours: str) -> list[dict[str, Any]]:
    """A newer one has taken the place of the service's newest, which goes on beside it."""
    deployments: list[dict[str, Any]] = account.of(name).deployments
    newer = {**deployments[0], "id": f"ecs-svc/{name}", "rolloutState": "COMPLETED"}
    deployments[0] |= {"status": "ACTIVE", **ours}
    deployments.insert(0, newer)
    return deployments


def test_a_deployment_that_failed_is_no_renewal_whatever_ecs_says_of_what_came_after_it(
    account: Account, rotated: Rotated
) -> None:
    """A rollback that no sentence tells of; the first one is the renewal's, the last another's."""
    account.ends["silent"] = account.ends["swift"] = "IN_PROGRESS"
    theirs = account.service("theirs-too")
    account.deployed("theirs-too", minutes=5)
    account.of("theirs-too").deployments[0]["rolloutState"] = "IN_PROGRESS"
    arns = [account.service("silent"), account.service("swift"), theirs]
    begun = [looked(course(rotated, [arn])) for arn in arns]
    replace_deployment(account, "silent", rolloutState="FAILED")
    replace_deployment(account, "swift").pop()
    replace_deployment(account, "theirs-too", rolloutState="FAILED")
    for each in begun:
        assert stop(each).startswith("its new deployment failed or is gone, and another has taken")


def test_one_that_somebody_has_replaced_meanwhile_is_waited_for(
    account: Account, rotated: Rotated
) -> None:
    account.ends["busy"] = "IN_PROGRESS"
    arn = account.service("busy")
    begun = looked(course(rotated, [arn]))
    newer, ours = replace_deployment(account, "busy")
    newer["rolloutState"] = "IN_PROGRESS"
    waiting = looked(begun)
    assert waiting.outcome is Outcome.WAITING
    account.of("busy").deployments.remove(ours)
    assert looked(waiting).outcome is Outcome.WAITING
    newer["rolloutState"] = "COMPLETED"
    assert looked(waiting).outcome is Outcome.RENEWED
    assert account.forced == ["busy"]


def test_the_hour_of_a_deployment_that_was_found_begins_as_that_began(
    account: Account, rotated: Rotated
) -> None:
    """So one that cannot succeed holds up the first renewal for an hour, and no other."""
    arn = account.service("stuck")
    account.deployed("stuck", minutes=70)
    account.of("stuck").deployments[0]["rolloutState"] = "IN_PROGRESS"
    first = looked(replace(course(rotated, [arn]), time=ago(minutes=80)))
    assert stop(first).startswith("it has not become healthy within an hour")


@pytest.mark.parametrize("time", ["2026-11-30T05:12:45+02:00", "2026-11-30T03:12:45Z"])
def test_the_time_may_be_of_any_zone_and_has_to_have_one(time: str) -> None:
    given = {"secret": "s", "time": time}
    assert Course.of(given).time == "2026-11-30T03:12:45Z"
    for wrong in ("2026-11-30T03:12:45", "yesterday", ""):
        with pytest.raises(Trouble, match="is no moment with a time zone"):
            Course.of({**given, "time": wrong})
