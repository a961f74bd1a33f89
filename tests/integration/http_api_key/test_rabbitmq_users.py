"""RabbitMQ's users as applications have them: who logs in by AMQP, before and after."""

import base64
import hashlib
import json
import secrets
from collections.abc import Callable, Sequence

import pytest

from local.servers.rabbitmq.api import call, get, lets_in, put, set_user, user
from local.servers.rabbitmq.broker import Broker, connect, logs_in
from rotators.http_api_key.description.reader import read_description
from rotators.http_api_key.description.sources import SHIPPED
from rotators.http_api_key.testing import RabbitMqTarget
from shared.aws.names import secret_name
from shared.errors import Forbidden, Rejected, RejectedByPolicy, RotationError, TargetMismatch
from shared.protocol.event import Step
from tests.lab import Lab, LabSecret

Make = Callable[..., LabSecret]
TAGS = [
    "",
    "management",
    "policymaker",
    "monitoring",
    "administrator",
    "management,policymaker",
    ["zebra", "monitoring", "an, other"],
    "impersonator",
]


@pytest.fixture
def make(lab: Lab, rabbitmq_server: Broker) -> Make:
    """The secret of a new user with these tags, and with these fields besides."""

    def make(tags: str | Sequence[str] = "", **more: object) -> LabSecret:
        return lab.secret(RabbitMqTarget(rabbitmq_server, tags), **more)

    return make


def target_of(secret: LabSecret) -> RabbitMqTarget:
    assert isinstance(secret.target, RabbitMqTarget)
    return secret.target


def change_admin(secret: LabSecret, **more: object) -> None:
    """Give the admin's secret other fields."""
    client, arn = secret.lab.client, str(secret.value()["admin_secret_arn"])
    admin = json.loads(client.get_secret_value(SecretId=arn)["SecretString"])
    client.put_secret_value(SecretId=arn, SecretString=json.dumps({**admin, **more}))


def nothing_happens(secret: LabSecret, kind: type[RotationError], words: str) -> RotationError:
    """A rotation ends in createSecret or setSecret like this, and no user is changed."""
    broker = target_of(secret).server
    before = get(broker, "/users")
    event = secret.begin()
    with pytest.raises(kind, match=words) as caught:
        secret.steps(event, Step.CREATE, Step.SET)
    assert get(broker, "/users") == before
    secret.abandon(event)
    return caught.value


def digits(length: int) -> dict[str, object]:
    """Our description, with passwords of digits alone."""
    return {"use": "rabbitmq", "choose": {"length": length, "characters": "0123456789"}}


# --- who logs in ---


@pytest.mark.parametrize("tags", TAGS, ids=str)
def test_users_of_every_tag_rotate(make: Make, tags: str | Sequence[str]) -> None:
    secret = make(tags)
    target = target_of(secret)
    given = target.user()["tags"]
    for _ in range(2):
        before = secret.value()
        assert logs_in(target.server, before["username"], before["password"])
        outcome = secret.rotate()
        assert outcome.state == "succeeded", outcome.error
        after = secret.value()
        assert logs_in(target.server, after["username"], after["password"])
        assert not logs_in(target.server, before["username"], before["password"])
        assert target.user()["tags"] == given


def test_an_open_connection_goes_on(make: Make) -> None:
    secret = make("")
    value = secret.value()
    connection = connect(target_of(secret).server, value["username"], value["password"])
    channel = connection.channel()
    assert secret.rotate().state == "succeeded"
    queue = channel.queue_declare("", exclusive=True).method.queue
    channel.basic_publish("", queue, b"after the rotation")
    _, _, body = channel.basic_get(queue, auto_ack=True)
    assert body == b"after the rotation"
    connection.close()


def test_limits_and_permissions_stay(make: Make) -> None:
    secret = make("")
    broker, name = target_of(secret).server, secret.value()["username"]
    put(broker, f"/user-limits/{name}/max-connections", {"value": 2})
    put(broker, f"/permissions/%2f/{name}", {"configure": "", "write": "out", "read": "in"})
    places = (f"/user-limits/{name}", f"{user(name)}/permissions")
    before = [get(broker, place) for place in places]
    assert secret.rotate().state == "succeeded"
    assert [get(broker, place) for place in places] == before
    assert target_of(secret).user()["limits"] == {"max-connections": 2}


def test_the_broker_says_how_a_new_password_is_hashed(make: Make) -> None:
    """RabbitMQ takes no algorithm together with a password; the old one's is not asked for."""
    secret = make("")
    value = secret.value()
    salt = secrets.token_bytes(4)
    digest = hashlib.sha512(salt + value["password"].encode()).digest()
    put(
        target_of(secret).server,
        user(value["username"]),
        {
            "password_hash": base64.b64encode(salt + digest).decode(),
            "hashing_algorithm": "rabbit_password_hashing_sha512",
            "tags": "",
        },
    )
    assert secret.target.accepts(value)
    assert secret.rotate().state == "succeeded"
    assert secret.target.accepts(secret.value())
    assert target_of(secret).user()["hashing_algorithm"] == "rabbit_password_hashing_sha256"


# --- whose password is not set ---


def test_a_password_that_the_brokers_rules_refuse(make: Make) -> None:
    """The broker of the tests takes none of digits alone; a rotation with other rules goes on."""
    secret = make("management")
    value, before = secret.value(), target_of(secret).user()
    secret.store({**value, "issuer": digits(30)})
    event = secret.begin()
    secret.step(event, Step.CREATE)
    with pytest.raises(RejectedByPolicy, match="credential_validator refuses it") as caught:
        secret.step(event, Step.SET)
    assert caught.value.field == "issuer.choose"
    assert target_of(secret).user() == before
    assert secret.holder("AWSPENDING") is None
    secret.store(value)
    assert secret.rotate().state == "succeeded"


@pytest.mark.parametrize("tags", ["", "administrator"])
def test_a_wrong_password_is_not_replaced(make: Make, tags: str) -> None:
    secret = make(tags)
    target, value = target_of(secret), secret.value()
    set_user(target.server, value["username"], "is in no version", tags=tags)
    error = nothing_happens(secret, Rejected, "rejected the key")
    assert error.field == "password"
    assert logs_in(target.server, value["username"], "is in no version")


def test_somebody_elses_user_keeps_its_password(make: Make, rabbitmq_server: Broker) -> None:
    """Whoever may write the secret names another user, with a password of their own invention."""
    name, password = f"root-{secrets.token_hex(4)}", secrets.token_urlsafe(12)
    set_user(rabbitmq_server, name, password, tags="administrator")
    secret = make("")
    secret.store({**secret.value(), "username": name, "password": "whatever"})
    nothing_happens(secret, Rejected, f"rejected the key of '{name}'")
    assert lets_in(rabbitmq_server, name, password)


def test_a_user_that_logs_in_without_a_password_gets_none(make: Make) -> None:
    secret = make("")
    broker, name = target_of(secret).server, secret.value()["username"]
    put(broker, user(name), {"password_hash": "", "tags": ""})
    nothing_happens(secret, Rejected, "rejected the key")
    # Not even on an admin's word, which is for passwords that nobody knows any more.
    arn_name = secret_name(secret.arn)
    change_admin(secret, reset=[arn_name])
    error = nothing_happens(secret, TargetMismatch, "is of a user without a password")
    assert error.field == "password"
    assert target_of(secret).user()["password_hash"] == ""


def test_a_tag_that_the_broker_garbles_is_not_sent_to_it(make: Make) -> None:
    """RabbitMQ answers the bytes of such a tag as one character each, and takes them so."""
    secret = make(["größer", "management"])
    given = target_of(secret).user()["tags"]
    assert given != ["größer", "management"]
    nothing_happens(secret, TargetMismatch, "is of a user with a tag that is not ASCII")
    assert target_of(secret).user()["tags"] == given


def test_a_password_lost_by_all_is_set_on_the_admins_word(make: Make) -> None:
    secret = make("")
    set_user(target_of(secret).server, secret.value()["username"], "is in no version", tags="")
    nothing_happens(secret, Rejected, "rejected the key")
    arn_name = secret_name(secret.arn)
    change_admin(secret, reset=[arn_name])
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert secret.target.accepts(secret.value())


def test_a_first_value_that_a_plan_puts_back(make: Make, output: Callable[[], str]) -> None:
    secret = make("")
    first = secret.value()
    assert secret.rotate().state == "succeeded"
    secret.store(first)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert "AWSCURRENT is not accepted" in output()
    assert secret.target.accepts(secret.value())


# --- the admin ---


@pytest.mark.parametrize("tags", ["", "management", "policymaker,monitoring"])
def test_an_admin_without_the_tag(make: Make, rabbitmq_server: Broker, tags: str) -> None:
    set_user(rabbitmq_server, "small-admin", "right", tags=tags)
    secret = make("")
    change_admin(secret, username="small-admin", password="right")
    words = "refused the admin's key a right .*: its user is without the tag 'administrator'"
    error = nothing_happens(secret, Forbidden, words)
    assert error.field == "admin_secret_arn"


def test_an_admin_with_a_wrong_password(make: Make) -> None:
    secret = make("")
    change_admin(secret, password="wrong")
    error = nothing_happens(secret, Rejected, "rejected the admin's key")
    assert error.field == "admin_secret_arn"
    assert "admin's secret" in error.do


def test_an_unknown_user(make: Make) -> None:
    secret = make("")
    secret.store({**secret.value(), "username": "nobody-at-all"})
    error = nothing_happens(secret, Rejected, "rejected the key of 'nobody-at-all'")
    assert error.field == "password"


# --- what the releases answer ---

# As they came from 3.10; of the others from RabbitMQ's sources (rabbit_mgmt_util.erl until 3.11,
# then rabbit_web_dispatch_access_control.erl), and of 3.8 from its issue 3181.
BODIES = [
    ("3.8", "not_authorised", "Login failed", "rejected"),
    ("3.9 to 3.11", "not_authorized", "Login failed", "rejected"),
    ("3.12 and later", "not_authorized", "Not_Authorized", "rejected"),
    ("all", "not_authorised", "Not management user", "authenticated"),
    ("all", "not_authorised", "User can only log in via localhost", "authenticated"),
    ("3.12 and later", "not_authorised", "HTTP access denied: basic auth disabled", None),
]


@pytest.mark.parametrize(("release", "error", "reason", "meaning"), BODIES)
def test_a_wrong_password_is_told_from_a_missing_tag(
    release: str, error: str, reason: str, meaning: str | None
) -> None:
    described = read_description(json.loads((SHIPPED / "rabbitmq.json").read_text()), release)
    assert described.list is not None
    for request in (described.probe, described.list, described.renew):
        assert request.outcome(401, {"error": error, "reason": reason}) == meaning


def test_the_broker_answers_what_is_described(rabbitmq_server: Broker) -> None:
    """So that a new release's other words are noticed here."""
    set_user(rabbitmq_server, "untagged", "right", tags="")
    known = {(error, reason): meaning for _, error, reason, meaning in BODIES}
    wrong = call(rabbitmq_server, "GET", "/whoami", ("untagged", "wrong")).document
    assert known[wrong["error"], wrong["reason"]] == "rejected"
    untagged = call(rabbitmq_server, "GET", "/whoami", ("untagged", "right")).document
    assert known[untagged["error"], untagged["reason"]] == "authenticated"
