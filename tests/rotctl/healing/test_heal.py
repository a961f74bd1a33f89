"""How heal goes on: killed anywhere, overtaken by others, asked and declined."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
import typer
from botocore.exceptions import ClientError

from rotctl.aws.session import Aws
from tests.rotctl.healing.left import store
from tests.rotctl.healing.states import STATES
from tests.rotctl.world import Rotated, World, later, run

CHANGES = ("update_secret_version_stage", "rotate_secret", "tag_resource", "untag_resource")


class KilledError(BaseException):
    """Nothing of the program runs after it."""


@contextmanager
def killed_after(number: int) -> Iterator[list[str]]:
    """The program ends right after this one of its changes, which are noted."""
    made: list[str] = []
    call = Aws.call

    def counted(aws: Aws, service: str, operation: str, **request: Any) -> Any:  # noqa: ANN401 as there
        if len(made) == number:
            raise KilledError
        if operation in CHANGES:
            made.append(operation)
        return call(aws, service, operation, **request)

    with mock.patch.object(Aws, "call", counted), pytest.raises(KilledError):
        yield made


def is_well(world: World, secret: Rotated, before: dict[str, Any]) -> None:
    after = world.describe(secret)
    assert secret.target.accepts(world.value(secret))
    assert (after["RotationEnabled"], after["RotationRules"]) == (True, before["RotationRules"])
    assert ["AWSPENDING"] not in after["VersionIdsToStages"].values()


ANEW = ("cancelled after the server changed", ["update_secret_version_stage", "rotate_secret"])
RESET = ("password changed by hand beside an admin", ["tag_resource", "rotate_secret"])


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("name", "changes"), [ANEW, RESET], ids=["anew", "reset"])
def test_killed_after_any_of_its_calls_it_ends_well_when_it_is_run_again(
    world: World, name: str, changes: list[str], number: int
) -> None:
    stuck = STATES[name]
    secret = stuck.make(world, f"heal/{changes[0]}-{number}")
    before, known = world.describe(secret), len(world.service.outcomes(secret.arn))
    with later(hours=1):
        with killed_after(number) as made:
            run(f"heal {secret.name} --yes {stuck.options}")
        assert made == changes[:number]
        if "rotate_secret" in made:
            world.service.wait_for_rotation(secret.arn, beyond=known)
        again = run(f"heal {secret.name} --yes {stuck.options}")
        assert again.code == 0, again.out
        after = world.describe(secret)
        third = run(f"heal {secret.name} --yes {stuck.options}")
        assert (third.code, third.out.count("\n")) == (0, 1)
        assert "nothing to do: AWSCURRENT is on" in third.out
        assert world.describe(secret) == after
    is_well(world, secret, before)
    admin = world.value(secret).get("masterarn")
    assert not admin or not world.service.client().describe_secret(SecretId=admin).get("Tags")


def test_it_stops_where_the_world_has_changed_since_it_asked(world: World) -> None:
    secret = STATES["killed before the server changed"].make(world, "heal/overtaken")

    def overtaken(_question: str) -> bool:
        store(world, secret, by="hand")
        return True

    with later(hours=1):
        with mock.patch.object(typer, "confirm", overtaken):
            stopped = run(f"heal {secret.name}")
        assert stopped.code == 2
        assert "changed meanwhile; see `rotctl diagnose heal/overtaken`" in stopped.err
        after = world.describe(secret)
        assert run(f"heal {secret.name} --yes").code == 0
        assert world.describe(secret) == after


def test_it_takes_no_label_off_while_somebody_else_attempts_the_rotation_again(
    world: World,
) -> None:
    secret = STATES["pending version at fault"].make(world, "heal/attempted")

    def attempted(_question: str) -> bool:
        with pytest.raises(ClientError, match="reattempted"):
            world.rotate(secret)
        assert world.service.wait_for_rotation(secret.arn, beyond=2).state == "failed"
        return True

    before = world.describe(secret)
    with later(hours=1), mock.patch.object(typer, "confirm", attempted):
        stopped = run(f"heal {secret.name}")
    assert stopped.code == 2
    assert "attempted again meanwhile; see `rotctl diagnose heal/attempted`" in stopped.err
    assert world.describe(secret)["VersionIdsToStages"] == before["VersionIdsToStages"]


def test_what_was_declined_is_not_done(world: World) -> None:
    secret = STATES["off"].make(world, "heal/declined")
    before = world.describe(secret)
    shown = run(f"heal {secret.name}", typed="n\n")
    assert shown.code == 1
    assert "1. switch rotation on with its rules as they were, by a test" in shown.out
    assert "heal/declined: nothing was done" in shown.out
    assert world.describe(secret) == before


def test_a_diagnosis_is_a_line_its_reasons_and_the_chain_nested(world: World) -> None:
    secret = STATES["label removed"].make(world, "heal/told")
    before = world.describe(secret)
    shown = run(f"diagnose {secret.name} --explain")
    assert world.describe(secret) == before
    line, *rest = shown.out.splitlines()
    assert line.startswith("heal/told: the target has the credential of version ")
    assert line.endswith("; run `rotctl heal heal/told`")
    assert any(each.startswith("  because: AWSCURRENT: postgres user") for each in rest)
    depths = {each.split(maxsplit=2)[1].strip(":"): _indent(each) for each in rest if ": " in each}
    nested = ["secret", "function", "endpoint", "tls", "login"]
    assert sorted(nested, key=depths.__getitem__) == nested
    assert any(each.strip().startswith("-> ") for each in rest)
    assert "because" not in run(f"diagnose {secret.name}").out


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def test_a_secret_without_a_function_and_none_at_all(world: World) -> None:
    world.seed("heal/plain")
    for command in ("diagnose", "heal"):
        plain = run(f"{command} heal/plain")
        assert plain.code == 1
        assert "heal/plain has no rotation function; attach one: " in plain.out
        missing = run(f"{command} heal/nobody")
        assert missing.code == 2
        assert missing.err.startswith("rotctl: Secrets Manager DescribeSecret of 'heal/nobody'")


@pytest.mark.parametrize(
    ("code", "case", "says"),
    [
        ("TooManyRequestsException", "unproven", "AWS asks to be called less often"),
        ("ServiceException", "unproven", "AWS could not answer"),
        ("KMSDisabledException", "blocked", "settings is broken: .* cannot run the function"),
    ],
)
def test_an_invocation_that_did_not_come_about_tells_nothing_of_the_function(
    world: World, code: str, case: str, says: str
) -> None:
    if not world.has("heal/busy"):
        world.secret("heal/busy")
    world.service.settings.refused = {"Invoke": code}
    diagnosis = run("diagnose heal/busy --output json").document()
    assert diagnosis["case"] == case
    assert re.search(says, diagnosis["words"])
    assert ("run this again" in diagnosis["do"]) == (case == "unproven")


def test_what_the_caller_may_not_see_is_unknown_and_the_rest_is_told(world: World) -> None:
    name = world.secret("heal/blind").name
    for refused, case, link in (
        ("Invoke", "no-permission", "settings"),
        ("FilterLogEvents", "fine", "attempts"),
        ("GetFunctionConfiguration", "no-permission", "function"),
        ("GetPolicy", "fine", "policy"),
    ):
        world.service.settings.refused = {refused: "AccessDeniedException"}
        shown = run(f"diagnose {name} --output json")
        diagnosis = shown.document()
        assert diagnosis["case"] == case, refused
        states = {each["link"]: each["state"] for each in diagnosis["links"]}
        assert states[link] == "unknown"
        assert states["schedule"] == "ok"
        assert "broken" not in states.values()
        assert shown.code == (case != "fine")
