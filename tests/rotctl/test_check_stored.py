"""`rotctl check --stored`: keys at moto's KMS, the rest at the local Secrets Manager."""

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest import mock

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.functions.home import InProcess
from local.secrets_manager import SecretsManager
from local.secrets_manager.schedule import parse
from local.secrets_manager.secret import Secret
from rotctl import clock
from rotctl.aws import storage
from rotctl.aws.session import Aws
from rotctl.state.exposure import accounts, is_public
from rotctl.state.storage import rotation
from tests.rotctl.documents import CHECKED, allowed_actions
from tests.rotctl.world import later, noted_calls, run

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

OTHER = "arn:aws:iam::210987654321:root"
DAYS_30 = {"AutomaticallyAfterDays": 30}
DENIED = "AccessDeniedException"
VALUE = "Sentinel-9f3c1a7e55"


@dataclass
class Vault:
    """A Secrets Manager and a KMS, and secrets in it by what they are to show."""

    service: SecretsManager
    client: "SecretsManagerClient"
    kms: Any

    def secret(self, name: str, rules: Mapping[str, Any] | None = DAYS_30, **more: Any) -> Secret:  # noqa: ANN401 CreateSecret's own
        """Rotated a moment ago, unless there are no rules."""
        self.client.create_secret(Name=name, SecretString=VALUE, **more)
        state = self.service._regions[self.service.region].state
        secret = state.store.named(name)
        assert secret is not None
        if rules is not None:
            secret.rotation.configure(self.service.function_arn("F"), parse(dict(rules)))
            secret.rotation.rotated(state.clock.now())
        return secret

    def key(self, *, rotates: bool = True) -> str:
        key = str(self.kms.create_key()["KeyMetadata"]["KeyId"])
        if rotates:
            self.kms.enable_key_rotation(KeyId=key)
        return key


@pytest.fixture(scope="module")
def vault() -> Iterator[Vault]:
    def nothing(_event: object, _context: object) -> None: ...

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    kms = f"http://{host}:{port}"
    with SecretsManager(InProcess({"F": nothing})) as service:
        variables = {**service.environment, **service.neighbours, "AWS_ENDPOINT_URL_KMS": kms}
        with mock.patch.dict(os.environ, variables):
            client = boto3.client("kms", endpoint_url=kms, region_name=service.region)
            yield Vault(service, service.client(), client)
    server.stop()


def findings(words: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Every finding, by the secret's name and what it is about; nothing shows a value."""
    shown, document = run(f"check {words}"), run(f"check {words} --output json")
    assert shown.code == document.code
    assert VALUE not in shown.out + document.out
    worst = [each["verdict"] for each in document.json()]
    assert shown.code == (1 if "broken" in worst else 0)
    assert worst == sorted(worst, key=["broken", "warning", "ok"].index)
    for report in document.json():
        for each in report["findings"]:
            if each["verdict"] != "ok":
                line = f"{report['name']}: {each['verdict']}: {each['words']}; {each['do']}"
                assert line in shown.out
    return {
        (report["name"], each["about"]): each
        for report in document.json()
        for each in report["findings"]
    }


def advice(found: Mapping[str, Any]) -> list[str]:
    """The commands that a finding gives, by the operation."""
    return re.findall(r"`aws [a-z]+ ([a-z-]+)", found["do"])


def test_what_is_well_kept_says_how(vault: Vault) -> None:
    key = vault.key()
    vault.secret("good/plain")
    vault.secret("good/keyed", KmsKeyId=key)
    vault.secret("good/weekly", {"ScheduleExpression": "rate(7 days)"})
    found = findings("--prefix good/")
    assert {each["verdict"] for each in found.values()} == {"ok"}
    assert found["good/plain", "key"]["words"] == "aws/secretsmanager"
    assert found["good/keyed", "key"]["words"] == f"customer key {key}"
    assert re.fullmatch(r"every 30 days, last [\d-]+", found["good/plain", "rotation"]["words"])
    assert found["good/weekly", "rotation"]["words"].startswith("rate(7 days), last ")
    about = ["key", "rotation", "replicas", "policy", "versions", "use"]
    assert [each for name, each in found if name == "good/plain"] == about


def test_a_key_that_does_not_work_or_is_not_rotated(vault: Vault) -> None:
    kms = vault.kms
    still = vault.key(rotates=False)
    off, going, public = (vault.key() for _ in range(3))
    kms.disable_key(KeyId=off)
    kms.schedule_key_deletion(KeyId=going, PendingWindowInDays=7)
    everybody = {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [everybody]}
    kms.put_key_policy(KeyId=public, PolicyName="default", Policy=json.dumps(policy))
    keys = {"still": still, "off": off, "going": going, "public": public, "gone": str(uuid.uuid4())}
    for name, key in keys.items():
        vault.secret(f"key/{name}", KmsKeyId=key)
    found = {name: each for (name, about), each in findings("--prefix key/").items()
             if about == "key"}  # fmt: skip
    assert {name.removeprefix("key/"): each["verdict"] for name, each in found.items()} == {
        **dict.fromkeys(("off", "going", "public", "gone"), "broken"),
        "still": "warning",
    }
    assert f"its key {off} is Disabled, so nobody can read it" in found["key/off"]["words"]
    assert f"its key {going} is PendingDeletion" in found["key/going"]["words"]
    assert "lets everybody in" in found["key/public"]["words"]
    assert "is not there" in found["key/gone"]["words"]
    # What is advised, done as it is said.
    for name in ("still", "off", "going"):
        for operation in advice(found[f"key/{name}"]):
            getattr(kms, operation.replace("-", "_"))(KeyId=keys[name])
        assert findings(f"--stored key/{name}")[f"key/{name}", "key"]["verdict"] == "ok"


def test_a_rotation_that_is_off_or_too_seldom(vault: Vault) -> None:
    vault.secret("turn/off", None)
    vault.secret("turn/never", None)
    arn = vault.service.function_arn("F")
    stored = vault.secret("turn/seldom", {"ScheduleExpression": "rate(200 days)"})
    vault.secret("turn/cron", {"ScheduleExpression": "cron(0 8 1 * ? *)"})
    vault.client.rotate_secret(
        SecretId="turn/never",
        RotationLambdaARN=arn,
        RotationRules={"AutomaticallyAfterDays": 30},
        RotateImmediately=False,
    )
    vault.service.wait_for_rotation("turn/never")
    names = ("off", "never", "seldom", "cron")
    words = " ".join(f"--stored turn/{name}" for name in names)
    found = findings(words)
    said = {name: found[f"turn/{name}", "rotation"] for name in names}
    assert said["off"]["words"] == "its rotation is off, and it was never rotated"
    assert said["never"]["words"] == "it was never rotated"
    assert said["seldom"]["words"] == "it rotates every 200 days, and 90 days are to be the most"
    assert advice(said["seldom"]) == ["rotate-secret"]
    assert said["cron"]["verdict"] == "ok"
    assert {said[name]["verdict"] for name in ("off", "never", "seldom")} == {"warning"}
    assert findings(f"{words} --max-days 200")["turn/seldom", "rotation"]["verdict"] == "ok"
    stored.rotation.configure(arn, parse({"ScheduleExpression": "rate(30 days)"}))
    with later(days=100):
        late = findings("--stored turn/seldom")["turn/seldom", "rotation"]
    assert late["words"] == "it was last rotated 100 days ago"


def test_a_schedule_without_a_number_and_an_owner(vault: Vault) -> None:
    vault.secret("turn/yearly", {"ScheduleExpression": "cron(0 8 1 1 ? *)"})
    yearly = storage.stored(Aws(), "turn/yearly")
    assert yearly.last is not None
    for days, verdict in ((90, "ok"), (91, "warning")):
        after = yearly.last + timedelta(days=days)
        known = replace(yearly, every=None, next=after, owner="rds")
        found = rotation(known, timedelta(days=90), clock.now())
        assert found.verdict == verdict
        assert ", by rds" in found.words


def test_replicas_that_are_not_in_step(vault: Vault) -> None:
    vault.secret("copy/good", AddReplicaRegions=[{"Region": "eu-west-1"}])
    there = vault.service.client(region="eu-west-1")
    there.create_secret(Name="copy/bad", SecretString="taken")
    vault.secret("copy/bad", AddReplicaRegions=[{"Region": "eu-west-1"}])
    found = findings("--prefix copy/")
    assert found["copy/good", "replicas"]["words"] == "in step in eu-west-1"
    bad = found["copy/bad", "replicas"]
    assert bad["verdict"] == "broken"
    assert "the replica in eu-west-1 failed: " in bad["words"]
    assert "--add-replica-regions Region=eu-west-1" in bad["do"]
    there.delete_secret(SecretId="copy/bad", ForceDeleteWithoutRecovery=True)
    vault.client.replicate_secret_to_regions(
        SecretId="copy/bad", AddReplicaRegions=[{"Region": "eu-west-1"}]
    )
    assert findings("--stored copy/bad")["copy/bad", "replicas"]["verdict"] == "ok"
    replica = findings("--stored copy/good --region eu-west-1")["copy/good", "rotation"]
    assert replica["words"] == "in us-east-1, whose replica it is"


def test_a_policy_that_lets_everybody_in(vault: Vault) -> None:
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
    for name, principal in (("everybody", "*"), ("shared", {"AWS": OTHER})):
        vault.secret(f"open/{name}")
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Principal": principal}]}
        vault.client.put_resource_policy(
            SecretId=f"open/{name}", ResourcePolicy=json.dumps(policy), BlockPublicPolicy=False
        )
    found = findings("--prefix open/")
    assert found["open/everybody", "policy"]["verdict"] == "broken"
    assert advice(found["open/everybody", "policy"]) == ["put-resource-policy"]
    assert found["open/shared", "policy"]["words"] == "lets in 210987654321"


def test_versions_that_pile_up_and_secrets_that_nobody_reads(vault: Vault) -> None:
    vault.secret("old/many")
    for number in range(24):
        vault.client.put_secret_value(SecretId="old/many", SecretString=f"{VALUE}{number}")
    vault.secret("old/ending")
    vault.client.delete_secret(SecretId="old/ending", RecoveryWindowInDays=7)
    many = findings("--stored old/many")["old/many", "versions"]
    assert many["words"] == "23 versions of the last day have no label"
    assert "`rotctl history old/many`" in many["do"]
    ending = findings("--stored old/ending")["old/ending", "rotation"]
    assert ending["words"] == "it is scheduled for deletion, so nobody can read it"
    for operation in advice(ending):
        getattr(vault.client, operation.replace("-", "_"))(SecretId="old/ending")
    found = findings("--stored old/ending")
    assert found["old/ending", "use"]["words"] == "not read yet"
    with later(days=100):
        found = findings("--stored old/ending --stored old/many --max-days 400")
    assert found["old/many", "versions"]["verdict"] == "ok"  # no more of the last day
    assert found["old/ending", "use"]["words"] == "it was not read at all"
    vault.client.get_secret_value(SecretId="old/ending")
    assert findings("--stored old/ending")["old/ending", "use"]["words"].startswith("last read 20")


def test_what_the_caller_may_not_see_is_a_warning_with_the_right(vault: Vault) -> None:
    vault.secret("blind", KmsKeyId=vault.key())
    refused = ("GetResourcePolicy", "ListSecretVersionIds")
    vault.service.settings.refused = dict.fromkeys(refused, DENIED)
    with mock.patch.dict(os.environ, {"AWS_ENDPOINT_URL_KMS": "http://127.0.0.1:1"}):
        found = findings("--stored blind")
    vault.service.settings.refused = {}
    for about, right in zip(("policy", "versions"), refused, strict=True):
        assert found["blind", about]["verdict"] == "warning"
        assert f"you lack the right secretsmanager:{right}" in found["blind", about]["words"]
    assert "was not seen: KMS describe-key" in found["blind", "key"]["words"]


def test_one_that_cannot_be_seen_keeps_no_other_from_it(vault: Vault) -> None:
    vault.secret("seen")
    found = findings("--stored nobody --stored seen")
    assert found["seen", "key"]["verdict"] == "ok"
    assert found["nobody", "secret"]["verdict"] == "broken"
    assert (
        "DescribeSecret of 'nobody' in us-east-1: it is not" in found["nobody", "secret"]["words"]
    )
    assert run("check --all --region nowhere-1 --endpoint-url http://127.0.0.1:1").code == 2


def test_the_rights_of_a_check_are_those_of_its_calls(vault: Vault) -> None:
    vault.secret("right", KmsKeyId=vault.key())
    with noted_calls() as made:
        assert run("check --prefix right").code == 0
    assert made > CHECKED
    assert made <= allowed_actions()


@pytest.mark.parametrize(
    ("principal", "condition", "public"),
    [
        ("*", {}, True),
        ({"AWS": "*"}, {}, True),
        ({"AWS": [OTHER, "*"]}, {}, True),
        ({"AWS": OTHER}, {}, False),
        ({"Service": "lambda.amazonaws.com"}, {}, False),
        ("*", {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ("*", {"StringEquals": {"AWS:principalorgid": ["o-1", "o-2"]}}, False),
        ("*", {"StringLike": {"aws:PrincipalOrgID": "*"}}, True),
        ("*", {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}, True),
        ("*", {"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
        ("*", {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, True),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::210987654321:role/*"}}, False),
        ("*", {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/app"}}, True),
        ({"AWS": "*"}, {"StringEquals": {"kms:CallerAccount": "210987654321"}}, False),
        ("*", {"Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_who_is_everybody(principal: object, condition: object, public: bool) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Condition": condition}
    denied = {"Effect": "Deny", "Principal": "*"}
    assert is_public({"Statement": [denied, statement]}) is public
    assert is_public({"Statement": statement}) is public
    assert not is_public({"Statement": {**statement, "Effect": "Deny"}})


def test_all_but_somebody_is_everybody_and_accounts_are_named() -> None:
    assert is_public({"Statement": [{"Effect": "Allow", "NotPrincipal": {"AWS": OTHER}}]})
    principal = {"AWS": [OTHER, "111122223333", "arn:aws:sts::444455556666:assumed-role/a/b"]}
    policy = {"Statement": [{"Effect": "Allow", "Principal": principal}]}
    assert accounts(policy) == {"210987654321", "111122223333", "444455556666"}
    assert accounts({"Statement": [{"Effect": "Deny", "Principal": principal}]}) == set()
