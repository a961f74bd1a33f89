"""Described issuers: every example of docs/issuers.md, and what can happen to each way."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from shared.aws import store
from shared.aws.names import secret_name
from shared.errors import (
    Misconfigured,
    PendingUnusable,
    Rejected,
    RejectedByPolicy,
    RotationError,
)
from shared.protocol.event import Step
from tests.crashes import Crash, CrashPoint, record_calls
from tests.issuers.described import (
    BESIDE,
    CHOSEN,
    EXAMPLES,
    PLAIN,
    REPLACED,
    SELF,
    SLOTS,
    Make,
)
from tests.issuers.keyshop import ADMIN, PAGE, Keyshop
from tests.issuers.scripted import IssuerRequest, Stub, StubAnswer
from tests.lab import LabSecret


def text(secret: LabSecret, label: str = "AWSCURRENT") -> str:
    """The value as it is."""
    answer = secret.lab.client.get_secret_value(SecretId=secret.arn, VersionStage=label)
    return answer["SecretString"]


@pytest.mark.parametrize(
    "example", [e for each in EXAMPLES.values() for e in each if "issuer" in e],
    ids=lambda example: str(list(example))[2:30],
)  # fmt: skip
def test_every_example_rotates(make: Make, shop: Keyshop, example: Mapping[str, Any]) -> None:
    secret = make(example)
    rotating = set(example["issuer"]["fields"].values()) | {"publishable_key"}
    for _ in range(3):
        before = secret.value()
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        after = secret.value()
        changed = {name for name in before if before[name] != after[name]}
        assert changed
        assert changed <= rotating
        assert list(after) == list(before)
        assert secret.target.accepts(after)
        assert secret.target.accepts(before) is secret.target.overlaps
        asked = len(shop.keys)
        # Some of these keys live less long than the schedule is, which is warned of.
        early = [("strategy", "warning", "", "")]
        assert secret.diagnose().bad in ([], early)
        assert len(shop.keys) == asked
    assert len(shop.keys) == kept_by(example)
    assert outcome.error is None


def kept_by(example: Mapping[str, Any], rotations: int = 3) -> int:
    """How many keys of an example there are after so many rotations."""
    if example["issuer"].get("revoke") == "expires":
        return rotations + 1
    return 2 if "issue" in example["issuer"] else 0


def test_a_plain_string_rotates(make: Make, shop: Keyshop) -> None:
    (example,) = EXAMPLES[PLAIN]
    secret = make(example)
    by_hand = text(secret)
    for _ in range(3):
        before = text(secret)
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        assert text(secret) != before
        assert text(secret).startswith("ks_")
        assert shop.accepts(text(secret))
        assert shop.accepts(before)
    # What a person made is a person's to end; all else that we made is gone.
    assert shop.accepts(by_hand)
    assert len(shop.keys) == 3


def test_a_plain_string_that_was_stored_again_by_hand(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[PLAIN][0])
    secret.rotate()
    secret.lab.client.put_secret_value(SecretId=secret.arn, SecretString=text(secret))
    before = text(secret)
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
        assert shop.accepts(text(secret))
        assert shop.accepts(text(secret, "AWSPREVIOUS"))
    assert not shop.accepts(before)


def test_what_the_next_key_takes_over(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    secret.rotate()
    made = shop.keys[secret.value()["key_id"]]
    assert made["scopes"] == ["read"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["expires_at"])
    assert made["name"].startswith(secret.arn)


def test_a_lost_key_is_used_where_the_issuer_repeats_itself(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[SELF][0])
    event = secret.begin()
    lost = shop.issue("lost")
    shop.replayed[event["ClientRequestToken"]] = {**lost, "public": "pk_lost"}
    secret.steps(event)
    assert secret.value()["secret_key_id"] == str(lost["id"])
    assert secret.value()["publishable_key"] == "pk_lost"


def test_a_limit_of_two_keys_holds_through_crashes(make: Make, shop: Keyshop) -> None:
    shop.limit = 2
    secret = make(EXAMPLES[BESIDE][0])
    event = secret.begin()
    lost = shop.issue(f"{secret.arn} {event['ClientRequestToken']}")
    secret.steps(event)
    assert str(lost["id"]) not in shop.keys
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    assert len(shop.keys) == 2


def test_an_issuer_that_refuses_says_which_request(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    shop.limit = 1
    with pytest.raises(Misconfigured, match=r"issuer\.issue asks \(HTTP 409\)"):
        secret.step(secret.begin(), Step.CREATE)


def test_a_replaced_key_is_not_replaced_by_every_attempt(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[REPLACED][0])
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET, Step.CREATE, Step.SET, Step.TEST, Step.FINISH)
    assert shop.clients["c1"] == secret.value()["client_secret"]


def test_a_slot_that_was_replaced_again_is_given_up(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[SLOTS][0])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    shop.slots["key2"] = "by another copy"
    with pytest.raises(PendingUnusable):
        secret.step(event, Step.SET)
    assert secret.holder("AWSPENDING") is None
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(secret.value())


def test_a_replaced_key_that_nobody_has_is_reset_by_the_admins_keeper(
    make: Make, shop: Keyshop
) -> None:
    secret = make(EXAMPLES[REPLACED][0])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    shop.clients["c1"] = "by another copy"
    with pytest.raises(Rejected, match="reset"):
        secret.step(event, Step.SET)
    secret.abandon(event)
    with reset_allowed(secret):
        assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(secret.value())


@contextmanager
def reset_allowed(secret: LabSecret) -> Iterator[None]:
    """Let the admin's keeper allow what is refused without that, while the block runs."""
    event = secret.begin()
    with pytest.raises(Rejected, match="reset"):
        secret.step(event, Step.CREATE)
    secret.abandon(event)
    client, arn = secret.lab.client, secret.value()["admin_secret_arn"]
    before = client.get_secret_value(SecretId=arn)["SecretString"]
    names = [secret_name(secret.arn)]
    client.put_secret_value(
        SecretId=arn, SecretString=json.dumps({**json.loads(before), "reset": names})
    )
    yield
    client.put_secret_value(SecretId=arn, SecretString=before)


def test_the_other_slot_is_replaced_each_time(make: Make) -> None:
    secret = make(EXAMPLES[SLOTS][0])
    names = []
    for _ in range(3):
        secret.rotate()
        names.append(secret.value()["key_name"])
    assert names == ["key2", "key1", "key2"]


def test_the_password_is_stored_before_it_is_set(make: Make, shop: Keyshop) -> None:
    for example in EXAMPLES[CHOSEN]:
        shop.users["app"]["password"] = "first"
        secret = make(example)
        event = secret.begin()
        secret.step(event, Step.CREATE)
        assert shop.users["app"]["password"] == "first"
        secret.step(event, Step.SET)
        pending = secret.version(event["ClientRequestToken"])
        assert shop.users["app"]["password"] == pending["password"]
        assert shop.users["app"]["tags"] == ["monitoring"]


def test_a_user_finds_back_with_any_stored_password(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[CHOSEN][1])
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET)
    secret.abandon(event)  # the accepted password is on a version without a label now
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(secret.value())
    shop.users["app"]["password"] = "of nobody here"
    with pytest.raises(Rejected):
        secret.steps(secret.begin())


def test_a_password_that_the_issuer_does_not_take(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    shop.refuses = "."
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(RejectedByPolicy) as caught:
        secret.step(event, Step.SET)
    assert caught.value.field == "issuer.choose"
    assert secret.holder("AWSPENDING") is None
    shop.refuses = "\0"
    assert secret.rotate().state == "succeeded"


def test_a_short_gap_promotes_in_setsecret(make: Make) -> None:
    for way in (REPLACED, CHOSEN):
        secret = make(EXAMPLES[way][0], SHORT_GAP="true")
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET)
        assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]
        secret.steps(event)
        assert secret.target.accepts(secret.value())


# --- when the old key ends, and when the new one begins ---


@pytest.mark.parametrize("way", [BESIDE, SELF, SLOTS])
def test_on_finish_the_previous_key_ends(make: Make, way: str) -> None:
    secret = make(EXAMPLES[way][0], OLD_KEY_ENDS="on-finish")
    for _ in range(2):
        before = secret.value()
        event = secret.begin()
        secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
        assert secret.target.accepts(before)
        secret.steps(event, Step.FINISH, Step.FINISH)
        assert not secret.target.accepts(before)
        assert secret.target.accepts(secret.value())


def test_on_finish_a_plain_string_ends_too(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[PLAIN][0], OLD_KEY_ENDS="on-finish")
    secret.rotate()
    before = text(secret)
    secret.rotate()
    assert not shop.accepts(before)
    assert shop.accepts(text(secret))


def test_after_a_while_the_previous_key_ends(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[BESIDE][0], OLD_KEY_ENDS="after:1h")
    by_hand = secret.value()
    del shop.keys[by_hand["key_id"]]["expires_at"]
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    assert not secret.target.accepts(by_hand)  # its successor is of January, so long since
    before = secret.value("AWSPREVIOUS")
    shop.keys[secret.value()["key_id"]]["created_at"] = "2999-01-01T00:00:00Z"
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(before)


def test_after_a_while_needs_an_issuer_that_says_when(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[PLAIN][0], OLD_KEY_ENDS="after:1h")
    assert secret.rotate().state == "succeeded"  # nothing of ours could end yet
    with pytest.raises(Misconfigured) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "OLD_KEY_ENDS"
    assert len(shop.keys) == 2


@pytest.mark.parametrize("ends", ["never", "after:", "after:0d", "after:1w", "on-finish,"])
def test_an_end_that_is_none(make: Make, ends: str) -> None:
    secret = make(EXAMPLES[BESIDE][0], OLD_KEY_ENDS=ends)
    with pytest.raises(Misconfigured) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.field == "OLD_KEY_ENDS"


def test_a_key_with_a_custom_label_is_not_revoked(make: Make) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    secret.rotate()
    labelled = secret.value()
    secret.move_label("CANARY", secret.holder("AWSCURRENT") or "")
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(labelled)
    assert len(secret.accepted_versions()) == 3


def slow(example: Mapping[str, Any]) -> dict[str, Any]:
    return {**example, "issuer": {**example["issuer"], "propagation": "2s"}}


def test_a_new_key_that_works_after_a_while(make: Make, shop: Keyshop) -> None:
    secret = make(slow(EXAMPLES[BESIDE][0]))
    secret.rotate()
    shop.slow = 3
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error


def test_a_new_key_that_works_much_later_is_tried_again(make: Make, shop: Keyshop) -> None:
    secret = make(slow(EXAMPLES[BESIDE][0]))
    secret.rotate()
    event = secret.begin()
    shop.slow = 10_000
    with pytest.raises(Rejected):
        secret.steps(event)
    shop.slow = 0
    secret.steps(event)
    assert secret.holder("AWSCURRENT") == event["ClientRequestToken"]


# --- lists of several pages ---


def paged(pages: object, more: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A list whose next page is told in this way."""
    example = EXAMPLES[BESIDE][0]
    listing = {**example["issuer"]["list"], "pages": pages, **(more or {})}
    return {**example, "issuer": {**example["issuer"], "list": listing}}


@pytest.mark.parametrize(
    "pages",
    [
        {"url": "next"},
        {"query": "page", "value": "next"},
        {"query": "page", "first": 1, "size": PAGE},
        "link",
    ],
)
def test_every_page_is_read(make: Make, shop: Keyshop, stub: Stub, pages: object) -> None:
    answer = stub.script

    def script(asked: IssuerRequest) -> object:
        page_body = answer(asked)
        if isinstance(page_body, dict) and page_body.get("next"):
            page = str(int(asked.query.get("page", "1")) + 1)
            link = f'<{stub.url}/keys?page={page}>; rel="next", <{stub.url}>; rel="last"'
            if isinstance(pages, dict) and "value" in pages:
                page_body["next"] = page
            return StubAnswer(body=page_body, headers={"Link": link})
        return page_body

    stub.script = script
    for _ in range(5):
        shop.issue("a person's")
    secret = make(paged(pages))
    for _ in range(3):
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
    assert len(shop.keys) == 7


def test_a_next_page_elsewhere_is_not_asked_for(make: Make, stub: Stub, shop: Keyshop) -> None:
    answer = stub.script
    elsewhere = "https://elsewhere.invalid/keys"
    stub.script = lambda asked: (
        {"data": [], "next": elsewhere} if asked.path == "/v1/keys" else answer(asked)
    )
    secret = make(EXAMPLES[BESIDE][0])
    with pytest.raises(Misconfigured):
        secret.step(secret.begin(), Step.CREATE)
    assert len(shop.keys) == 1


def test_a_list_without_an_end(make: Make, stub: Stub) -> None:
    answer = stub.script
    numbers = itertools.count(2)
    stub.script = lambda asked: (
        {"data": [], "next": f"/v1/keys?page={next(numbers)}"}
        if asked.path == "/v1/keys"
        else answer(asked)
    )
    secret = make(EXAMPLES[BESIDE][0])
    with pytest.raises(Misconfigured, match="20 pages"):
        secret.step(secret.begin(), Step.CREATE)


def test_a_list_without_labels_tells_by_what_was_stored(make: Make, shop: Keyshop) -> None:
    read = {"keys": "data", "id": "id", "shown": "hint"}
    secret = make(drop_kept(paged({"url": "next"}, {"read": read})))
    by_a_person = str(shop.issue("a person's")["id"])
    given_up = secret.begin()
    secret.steps(given_up, Step.CREATE, Step.CREATE)
    secret.abandon(given_up)
    for _ in range(3):
        assert secret.rotate().state == "succeeded"
    held = {secret.value(label)["key_id"] for label in ("AWSCURRENT", "AWSPREVIOUS")}
    assert set(shop.keys) == held | {by_a_person}


def drop_kept(example: dict[str, Any]) -> dict[str, Any]:
    issue = {**example["issuer"]["issue"], "body": {"name": "{label}"}}
    return {**example, "issuer": {**example["issuer"], "issue": issue}}


# --- who may have what sent ---


Change = Callable[[dict[str, Any]], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda admin: admin.pop("inline"),
        lambda admin: admin.pop("issuer_url"),
        lambda admin: admin.update(allow=[{"secret": "somebody/elses"}]),
        lambda admin: admin.update(allow=[{"secret": "test/*", "api_url": "https://elsewhere"}]),
        lambda admin: admin.update(allow=[]),
        lambda admin: admin.update(allow=[{}]),
    ],
)
def test_the_admins_keeper_decides(make: Make, stub: Stub, change: Change) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    arn = secret.value()["admin_secret_arn"]
    admin = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    change(admin)
    secret.lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(admin))
    with pytest.raises(RotationError) as caught:
        secret.step(secret.begin(), Step.CREATE)
    assert caught.value.code in ("TargetMismatch", "MalformedSecret")
    assert stub.asked == []


@pytest.mark.parametrize("fixed_by_function", [True, False])
def test_a_function_for_one_issuer_whose_secrets_say_where_it_is(
    make: Make, stub: Stub, fixed_by_function: bool
) -> None:
    """ISSUER with a base of the secret's says what is sent and not where."""
    described = json.loads(json.dumps(EXAMPLES[BESIDE][0]["issuer"]))
    if fixed_by_function:
        described["values"] = {"api_url": stub.url}
    secret = make(EXAMPLES[BESIDE][0], ISSUER=json.dumps(described))
    arn = secret.value()["admin_secret_arn"]
    admin = json.dumps({"api_key": ADMIN})
    secret.lab.client.put_secret_value(SecretId=arn, SecretString=admin)
    outcome = secret.rotate()
    assert (outcome.state == "succeeded") is fixed_by_function, outcome.error
    assert bool(stub.asked) is fixed_by_function


def test_the_admins_keeper_allows_it(make: Make, stub: Stub) -> None:
    secret = make(EXAMPLES[BESIDE][0])
    arn = secret.value()["admin_secret_arn"]
    admin = json.loads(secret.lab.client.get_secret_value(SecretId=arn)["SecretString"])
    admin["allow"] = [{"secret": "nobody/*"}, {"secret": "test/*", "api_url": stub.url}]
    secret.lab.client.put_secret_value(SecretId=arn, SecretString=json.dumps(admin))
    assert secret.rotate().state == "succeeded"


def test_the_admins_key_is_a_rotated_secret_itself(make: Make, shop: Keyshop) -> None:
    admin = make(EXAMPLES[SELF][0])
    example = EXAMPLES[BESIDE][0]
    issuer = {**example["issuer"]}
    issuer["admin"] = {**issuer["admin"], "auth": {"bearer": "{admin.secret_key}"}}
    secret = make({**example, "issuer": issuer})
    url = secret.value()["api_url"]
    admin.store({**admin.value(), "issuer_url": url, "inline": True})
    secret.store({**secret.value(), "admin_secret_arn": admin.arn})
    for _ in range(3):
        assert admin.rotate().state == "succeeded"
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
    assert shop.accepts(secret.value()["api_key"])


# --- a crash at any call ---

PLACES = [(way, n) for way, each in EXAMPLES.items() for n, e in enumerate(each) if "issuer" in e]


def points(secret: LabSecret) -> Iterator[tuple[Step, CrashPoint]]:
    """Every place in a rotation to die at, found by taking one."""
    event = secret.begin()
    for step in Step:
        with record_calls() as calls:
            secret.step(event, step)
        for number in range(len(calls.names)):
            yield step, CrashPoint(number, after=False)
            yield step, CrashPoint(number, after=True)


@pytest.fixture
def nothing_is_eventual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "CONSISTENCY_SECONDS", 0.2)


@pytest.mark.usefixtures("nothing_is_eventual")
@pytest.mark.parametrize("abandoned", [False, True], ids=["retried", "abandoned"])
@pytest.mark.parametrize(("way", "number"), PLACES)
def test_a_crash_at_any_call_is_mended(
    make: Make, shop: Keyshop, way: str, number: int, *, abandoned: bool
) -> None:
    example = EXAMPLES[way][number]
    secret = make(example)
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    # Every other call in one of the two; both before it and after it.
    every = list(points(secret))
    for last, point in [each for n, each in enumerate(every) if (n // 2) % 2 == abandoned]:
        event = secret.begin()
        for step in list(Step)[: list(Step).index(last)]:
            secret.step(event, step)
        with pytest.raises(Crash), record_calls(point):
            secret.step(event, last)
        if secret.target.overlaps:
            assert secret.target.accepts(secret.value()), (last, point)
        if abandoned and last is not Step.FINISH:
            secret.abandon(event)
            # The only copy of a replaced key may have been lost.
            with nullcontext() if secret.accepted_versions() else reset_allowed(secret):
                outcome = secret.rotate()
            assert outcome.state == "succeeded", (last, point, outcome.error)
        else:
            secret.steps(event)
        assert secret.target.accepts(secret.value()), (last, point)
        if example["issuer"].get("revoke") != "expires":
            assert len(shop.keys) == kept_by(example), (last, point)
