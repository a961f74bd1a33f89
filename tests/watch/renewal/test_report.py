"""What a message says of the readers that a renewal did not come to."""

import pytest

from tests.watch.published import lines_of
from watch.message import Told
from watch.renewal import report
from watch.renewal.course import Course

ARNS = [f"arn:aws:ecs:us-east-1:123456789012:service/main/{name}" for name in ("web", "late")]


@pytest.mark.parametrize(
    ("at", "title", "names"),
    [
        (ARNS[0], "Not begun", "service main/late"),
        ("", "Not known to be begun", "service main/web; service main/late"),
    ],
)
def test_what_a_task_that_failed_has_begun_is_not_known(at: str, title: str, names: str) -> None:
    secret = "arn:aws:secretsmanager:us-east-1:123456789012:secret:app-Dgrxtf"
    course = Course(secret, "2026-11-30T03:12:45Z", waves=[ARNS])
    stopped = course.stopped(at, "what happened", "what to do")
    said = lines_of(report.composed(stopped, Told(stopped.ended), "machine").text)
    assert {key: said[key] for key in said if key.startswith("Not ")} == {title: names}
