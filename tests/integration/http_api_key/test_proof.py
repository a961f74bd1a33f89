"""The proof that a stored key is accepted, before anything is made, set or ended in its place."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from shared.errors import Misconfigured, Rejected
from shared.keys import propagation
from shared.protocol import memory
from shared.protocol.event import Step
from tests import keeper
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
from tests.issuers.keyshop import Keyshop
from tests.issuers.scripted import Cut, IssuerRequest, Stub, StubAnswer
from tests.lab import Event, LabSecret

# In the secret, what says whose key it is.
OWNERS = {CHOSEN: ("username", "root"), REPLACED: ("client_id", "c2")}
KEYS = {
    CHOSEN: "password",
    REPLACED: "client_secret",
    BESIDE: "api_key",
    SELF: "secret_key",
    SLOTS: "account_key",
}


@pytest.fixture(autouse=True)
def _others(shop: Keyshop) -> None:
    """Whose keys are none of the secret's."""
    shop.users["root"] = {"password": "roots-own", "tags": ["administrator"]}
    shop.clients["c2"] = "somebody-elses"


def forget() -> None:
    """As in a process that has just started."""
    memory.of_rotation("another", "secret")


def state(shop: Keyshop) -> str:
    """All that a request could have changed."""
    return json.dumps([shop.keys, shop.clients, shop.slots, shop.users])


def tell_keeper(secret: LabSecret, **members: object) -> None:
    """Have the keeper of the admin's secret add something to it; None takes it out."""
    arn = str(secret.value()["admin_secret_arn"])
    client = secret.lab.client
    admin = json.loads(client.get_secret_value(SecretId=arn)["SecretString"]) | members
    admin = {name: value for name, value in admin.items() if value is not None}
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(admin))


def name_of(secret: LabSecret) -> str:
    return str(secret.lab.client.describe_secret(SecretId=secret.arn)["Name"])


def lose_answer(shop: Keyshop, method: str, part: str) -> Callable[[IssuerRequest], object]:
    """The shop, whose answer to such a request is lost."""

    def script(asked: IssuerRequest) -> object:
        answer = shop(asked)
        if asked.method == method and part in asked.path:
            raise Cut
        return answer

    return script


# --- whoever may write the secret ---


@pytest.mark.parametrize("way", [CHOSEN, REPLACED])
def test_another_owner_than_the_stored_keys(make: Make, shop: Keyshop, way: str) -> None:
    secret = make(EXAMPLES[way][0])
    field, owner = OWNERS[way]
    secret.store({**secret.value(), field: owner, KEYS[way]: "whatever"})
    before, event = state(shop), secret.begin()
    with pytest.raises(Rejected) as caught:
        secret.step(event, Step.CREATE)
    assert caught.value.field == KEYS[way]
    assert state(shop) == before


@pytest.mark.parametrize("way", [BESIDE, SLOTS])
def test_where_no_stored_key_is_accepted(make: Make, shop: Keyshop, way: str) -> None:
    secret = make(EXAMPLES[way][0])
    shop.keys.clear()
    shop.slots.update(key1="not stored", key2="neither")
    before = state(shop)
    with pytest.raises(Rejected):
        secret.step(secret.begin(), Step.CREATE)
    assert state(shop) == before


def test_a_step_alone_proves_it_too(make: Make, shop: Keyshop) -> None:
    """Who may write both versions and invoke the function could begin with setSecret."""
    secret = make(EXAMPLES[CHOSEN][0])
    theirs = {**secret.value(), "username": "root", "password": "whatever"}
    secret.store(theirs)
    event = secret.begin()
    secret.lab.client.put_secret_value(
        SecretId=secret.arn,
        ClientRequestToken=event["ClientRequestToken"],
        SecretString=json.dumps({**theirs, "password": "mine"}),
        VersionStages=["AWSPENDING"],
        RotationToken=event["RotationToken"],
    )
    before = state(shop)
    with pytest.raises(Rejected):
        secret.step(event, Step.SET)
    assert state(shop) == before


# --- what cannot be proved is found out while the old key works ---


@pytest.mark.parametrize("way", [CHOSEN, REPLACED, BESIDE])
def test_a_probe_that_does_not_tell(make: Make, shop: Keyshop, stub: Stub, way: str) -> None:
    secret = make(EXAMPLES[way][0])

    def refuse(asked: IssuerRequest) -> object:
        probes = ("/whoami", "/token", "/me")
        return StubAnswer(402) if asked.path.endswith(probes) else shop(asked)

    stub.script = refuse
    before, event = state(shop), secret.begin()
    with pytest.raises(Misconfigured, match="probe"):
        secret.step(event, Step.CREATE)
    assert state(shop) == before
    assert secret.target.accepts(secret.value())


# --- a value that was put back ---


@pytest.mark.parametrize("way", [CHOSEN, REPLACED, BESIDE, SELF, SLOTS])
def test_a_current_version_that_was_overwritten(
    make: Make, caplog: pytest.LogCaptureFixture, way: str
) -> None:
    """As by a plan that writes the first value back: the live key is the previous one."""
    secret = make(EXAMPLES[way][0])
    first = secret.value()
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    live = secret.value()
    dead = {**first, KEYS[way]: "was-ended"} if way == SLOTS else first
    secret.store(dead)
    event = secret.begin()
    secret.steps(event, Step.CREATE, Step.SET, Step.TEST)
    assert "AWSCURRENT is not accepted: going on from the key of" in caplog.text
    if way in (BESIDE, SELF, SLOTS):
        assert secret.target.accepts(live)
    secret.step(event, Step.FINISH)
    assert secret.target.accepts(secret.value())


def test_a_plain_string_that_was_overwritten(make: Make, shop: Keyshop) -> None:
    """Without an id nothing says which listed key is stored, so that it has to be used."""
    secret = make(EXAMPLES[PLAIN][0])
    client = secret.lab.client
    for _ in range(2):
        assert secret.rotate().state == "succeeded"
    live = client.get_secret_value(SecretId=secret.arn)["SecretString"]
    client.put_secret_value(SecretId=secret.arn, SecretString="was-ended")
    assert secret.rotate().state == "succeeded"
    assert shop.accepts(live)
    assert secret.rotate().state == "succeeded"
    assert not shop.accepts(live)
    assert shop.accepts(client.get_secret_value(SecretId=secret.arn)["SecretString"])


def test_a_slot_of_keys_that_are_their_own_admin(make: Make, shop: Keyshop, stub: Stub) -> None:
    """The key of AWSCURRENT, which is dead, cannot ask which slot another one is in."""
    example = json.loads(json.dumps(EXAMPLES[SLOTS][0]))
    example["issuer"] |= {"admin": "self", "auth": {"bearer": "{key}"}}
    secret = make(example)

    def script(asked: IssuerRequest) -> object:
        known = asked.bearer in shop.slots.values()
        if asked.method == "GET" and asked.path.endswith("/account"):
            return {"ok": known}
        if not known:
            return StubAnswer(401)
        if asked.method == "POST":
            shop.slots[asked.json["name"]] = f"{asked.json['name']}-{len(stub.asked)}"
        return {"keys": [{"name": name, "value": key} for name, key in shop.slots.items()]}

    stub.script = script
    assert secret.rotate().state == "succeeded"
    live = secret.value()
    secret.store({**live, "account_key": "was-ended"})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    assert secret.target.accepts(live)
    secret.steps(event)
    assert secret.target.accepts(secret.value())


def test_a_wrong_slot_from_the_start(
    make: Make, shop: Keyshop, caplog: pytest.LogCaptureFixture
) -> None:
    """By the secret's word the only key that works would be the one to replace."""
    secret = make(EXAMPLES[SLOTS][0])
    right = secret.value()
    secret.store({**right, "key_name": "key2"})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    assert shop.slots["key1"] == right["account_key"]
    assert secret.version(event["ClientRequestToken"])["key_name"] == "key2"
    assert "the key is in slot key1, not in key2" in caplog.text
    secret.steps(event)
    assert secret.target.accepts(secret.value())


# --- lost answers ---


def set_without_an_answer(make: Make, shop: Keyshop, stub: Stub) -> tuple[LabSecret, Event]:
    """A rotation whose password is set, though setSecret did not get to know it."""
    secret = make(EXAMPLES[CHOSEN][0])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    stub.script = lose_answer(shop, "PUT", "/users/")
    with pytest.raises(Exception, match="no answer"):
        secret.step(event, Step.SET)
    return secret, event


def test_a_password_that_was_set_before_the_answer_was_lost(
    make: Make, shop: Keyshop, stub: Stub
) -> None:
    """Where an issuer takes no password twice, the retry must not give up the one in use."""
    secret, event = set_without_an_answer(make, shop, stub)
    pending = secret.version(event["ClientRequestToken"])
    shop.refuses = str(pending["password"])
    stub.script = shop
    for process in ("the same", "another"):
        if process == "another":
            forget()
        secret.step(event, Step.SET)
        assert secret.holder("AWSPENDING") == event["ClientRequestToken"]
    secret.steps(event)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_password_that_is_not_taken_twice(
    make: Make, shop: Keyshop, stub: Stub, status: int
) -> None:
    """The same process sets it again, and the issuer says in its own way that it has it."""
    secret, event = set_without_an_answer(make, shop, stub)
    stub.script = lambda asked: StubAnswer(status) if asked.method == "PUT" else shop(asked)
    secret.steps(event, Step.SET, Step.TEST, Step.FINISH)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("status", [409, 422])
def test_a_password_that_may_be_set_is_not_given_up(
    make: Make, shop: Keyshop, stub: Stub, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """The issuer takes longer than a step waits, so its refusal has two causes."""
    monkeypatch.setattr(propagation, "LONGEST_WAIT", 0.5)
    example = json.loads(json.dumps(EXAMPLES[CHOSEN][0]))
    example["issuer"]["propagation"] = "5m"
    secret = make(example)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    stub.script = lambda asked: StubAnswer(status) if asked.method == "PUT" else shop(asked)
    what = "issuer.set asks" if status == 409 else "does not take the new key"
    with pytest.raises(Exception, match=f"{what}.*HTTP {status}"):
        secret.step(event, Step.SET)
    assert secret.holder("AWSPENDING") == event["ClientRequestToken"]


@pytest.mark.parametrize("nth", [0, 1], ids=["by the admin", "by itself"])
def test_a_password_that_was_set_and_is_not_known_everywhere_yet(
    make: Make, shop: Keyshop, stub: Stub, nth: int
) -> None:
    """No stored password is accepted for a moment, which is no reason to have it reset."""
    example = json.loads(json.dumps(EXAMPLES[CHOSEN][nth]))
    example["issuer"]["propagation"] = "2s"
    secret = make(example)
    event = secret.begin()
    secret.step(event, Step.CREATE)
    stub.script = lose_answer(shop, "PUT", "/users/")
    with pytest.raises(Exception, match="no answer"):
        secret.step(event, Step.SET)
    forget()
    unknown = 3

    def slowly(asked: IssuerRequest) -> object:
        nonlocal unknown
        if asked.path.endswith("/whoami") and unknown:
            unknown -= 1
            return StubAnswer(401)
        return shop(asked)

    stub.script = slowly
    before = len(stub.seen("PUT"))
    secret.step(event, Step.SET)
    assert not unknown
    assert len(stub.seen("PUT")) == before + nth  # itself, it tries to set it by the old one
    secret.steps(event, Step.TEST, Step.FINISH)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_a_replaced_key_whose_answer_was_lost(
    make: Make, shop: Keyshop, stub: Stub, *, cold: bool
) -> None:
    """Only a process that has proved it, or the admin's keeper, has the key replaced once more."""
    secret = make(EXAMPLES[REPLACED][0])
    event = secret.begin()
    stub.script = lose_answer(shop, "POST", "/rotate")
    with pytest.raises(Exception, match="no answer"):
        secret.step(event, Step.CREATE)
    stub.script = shop
    if cold:
        forget()
        with pytest.raises(Rejected, match="reset") as caught:
            secret.step(event, Step.CREATE)
        advice = f'add "reset": ["{name_of(secret)}"] to the admin\'s secret'
        assert advice in caught.value.do
        tell_keeper(secret, reset=[name_of(secret)])
        forget()
    secret.steps(event)
    assert secret.target.accepts(secret.value())


@pytest.mark.parametrize("by_tag", [False, True], ids=["by the list", "by the tag"])
def test_a_password_that_nobody_has_is_set_on_the_keepers_word(
    make: Make, shop: Keyshop, *, by_tag: bool
) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    shop.users["app"]["password"] = "changed by hand"
    event = secret.begin()
    with pytest.raises(Rejected, match="reset"):
        secret.step(event, Step.CREATE)
    if by_tag:
        keeper.allow(secret, event, keeper.offered(secret))
    else:
        tell_keeper(secret, reset=[name_of(secret)])
    for step in Step:
        forget()  # each in a process of its own
        secret.step(event, step)
    assert secret.target.accepts(secret.value())
    assert shop.users["root"]["password"] == "roots-own"


def test_a_reset_that_cannot_be_looked_for_hides_no_refusal(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[CHOSEN][0])
    event = secret.begin()
    secret.step(event, Step.CREATE)
    shop.users["app"]["password"] = "changed by hand"
    forget()
    secret.lab.service.settings.refused = {"DescribeSecret": "AccessDeniedException"}
    with pytest.raises(Rejected, match=r"for a reset by the admin: .*DescribeSecret"):
        secret.step(event, Step.SET)


def test_a_reset_is_for_the_secrets_that_it_names(make: Make, shop: Keyshop) -> None:
    secret = make(EXAMPLES[REPLACED][0])
    shop.clients["c1"] = "changed by hand"
    tell_keeper(secret, reset=["another", name_of(secret) + "-2"])
    with pytest.raises(Rejected):
        secret.step(secret.begin(), Step.CREATE)
    assert shop.clients["c1"] == "changed by hand"


# --- what it costs ---

CALLS: Mapping[str, list[str]] = {
    CHOSEN: ["GET /whoami", "GET /users/app", "PUT /users/app", "GET /whoami"],
    REPLACED: ["POST /token", "POST /clients/c1/rotate", "POST /token", "POST /token"],
    # Two more: whether the key is accepted, and which slot it is in.
    SLOTS: [
        "GET /storage/account",
        "GET /storage/account/keys",
        "POST /storage/account",
        "GET /storage/account",
        "GET /storage/account",
    ],
}


@pytest.mark.parametrize("way", CALLS)
def test_the_proof_is_one_call(make: Make, stub: Stub, way: str) -> None:
    secret = make(EXAMPLES[way][0])
    stub.asked.clear()
    assert secret.rotate().state == "succeeded"
    assert [line.replace("/v1", "") for line in stub.seen()] == CALLS[way]


# --- who the secret is ---


def test_a_part_of_the_arn_is_not_another_secret(make: Make, shop: Keyshop) -> None:
    """A direct invoker could step round 'allow' by it, and keys would be labelled for nobody."""
    secret = make(EXAMPLES[BESIDE][0])
    tell_keeper(secret, allow=[{"secret": "somebody/*"}])
    event = secret.begin()
    partial = secret.arn.rpartition("-")[0]
    before: Any = state(shop)
    for arn in (secret.arn, partial, name_of(secret)):
        with pytest.raises(Exception, match="does not allow"):
            secret.step({**event, "SecretId": arn}, Step.CREATE)
    assert state(shop) == before
    tell_keeper(secret, allow=[{"secret": name_of(secret)}])
    for step in Step:
        secret.step({**event, "SecretId": partial}, step)
    assert {key["name"].split()[0] for key in shop.keys.values()} <= {"by", secret.arn}
    assert secret.rotate().state == "succeeded"
    assert len(shop.keys) == 2
