"""One look at the wave that is under way: what has ended, what is begun next, what stops all."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from rotctl.aws import secrets
from rotctl.aws.session import Aws
from rotctl.output.times import iso
from rotctl.trouble import Passing, Trouble
from watch.renewal import readers
from watch.renewal.advice import advised
from watch.renewal.course import Course, Outcome
from watch.renewal.standing import Standing, State

LOG = logging.getLogger(__name__)

# At the same time, so that neither a cluster nor the target sees all readers at once.
AT_ONCE = 10
LIMIT = timedelta(hours=1)


def found(aws: Aws, course: Course) -> Course:
    """The same with its readers; raises Trouble."""
    name = secrets.described(aws, course.secret).name
    waves = readers.waves(aws, name)
    LOG.info("readers of %s: %s in %s waves", name, sum(map(len, waves)), len(waves))
    return replace(course, waves=waves, outcome=Outcome.WAITING if waves else Outcome.NOBODY)


def advanced(aws: Aws, course: Course) -> Course:
    """The same, one step further. Raises Trouble; what passes is best tried again as it was.

    A reader that was started since the rotation, by whomever, is not started again. One whose start
    since then failed is, unless it was this renewal that began it. Where the secret has been
    rotated again meanwhile, the rest is given what that has stored.
    """
    looked = {arn: _standing(aws, arn, course) for arn in course.waves[0][:AT_ONCE]}
    after = _after(course, looked, str(iso(aws.now)))
    for arn, standing in looked.items():
        if standing.state is State.FAILED:
            return after.stopped(arn, standing.why, standing.do)
    for arn in (arn for arn, standing in looked.items() if standing.state is State.OLD):
        try:
            after = _begun(aws, arn, after)
        except Passing:
            if after == course:
                raise
            return after  # what was done is kept, and the next look goes on
        except Trouble as trouble:
            told = advised(trouble, of_reader=True)
            return after.stopped(arn, told.what, told.do)
    return after


def _begun(aws: Aws, arn: str, course: Course) -> Course:
    """The same with this reader begun, or held up by what others change; raises Trouble."""
    begun = readers.kind(arn).begin(aws, arn)
    now = str(iso(aws.now))
    if begun is not None:
        LOG.info("begun: %s", arn)
        held = {each: since for each, since in course.held.items() if each != arn}
        starts = {**course.starts, arn: begun}
        return replace(course, begun={**course.begun, arn: now}, starts=starts, held=held)
    since = course.held.get(arn, now)
    if aws.now - datetime.fromisoformat(since) > LIMIT:
        raise Trouble(
            "it could not be begun for an hour: by AWS's account something else was changing it",
            do="see in CloudTrail what does, and in which state it is",
        )
    return replace(course, held={**course.held, arn: since})


def _standing(aws: Aws, arn: str, course: Course) -> Standing:
    """Raises Passing; any other trouble with a reader is that reader's failure."""
    try:
        start = course.starts.get(arn, "")
        standing = readers.kind(arn).standing(aws, arn, course.fresh, start)
    except Passing:
        raise
    except Trouble as trouble:
        told = advised(trouble, of_reader=True)
        return Standing(State.FAILED, told.what, told.do)
    since = course.begun.get(arn)
    if since is None:
        return Standing(State.OLD) if standing.state is State.FAILED else standing
    if standing.state is State.OLD:
        return standing._replace(state=State.FAILED)
    if standing.state is State.UNDER_WAY and aws.now - datetime.fromisoformat(since) > LIMIT:
        why = f"it has not become healthy within an hour: {standing.why}"
        return Standing(State.FAILED, why, standing.do)
    return standing


def _after(course: Course, looked: Mapping[str, Standing], now: str) -> Course:
    """With what has ended taken out, and since when the rest is waited for."""
    ended = {arn: each for arn, each in looked.items() if each.state in {State.RENEWED, State.GONE}}
    renewed = [arn for arn, each in ended.items() if each.state is State.RENEWED]
    for arn in renewed:
        LOG.info("renewed: %s", arn)
    first, *later = course.waves
    left = [arn for arn in first if arn not in ended]
    waves = [left, *later] if left else later
    under_way = {arn: each for arn, each in looked.items() if each.state is State.UNDER_WAY}
    found = {arn: iso(each.since) or now for arn, each in under_way.items()}
    begun = {arn: since for arn, since in course.begun.items() if arn not in ended}
    starts = {arn: start for arn, start in course.starts.items() if arn not in ended}
    held = {arn: since for arn, since in course.held.items() if arn not in ended}
    return replace(
        course,
        waves=waves,
        begun=found | begun,
        starts=starts | {arn: each.start for arn, each in under_way.items()},
        held=held,
        renewed=[*course.renewed, *renewed],
        outcome=Outcome.WAITING if waves else Outcome.RENEWED,
    )
