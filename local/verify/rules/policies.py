"""Resource policies (fact 29)."""

import json

from local.verify.expect import equal, refused
from local.verify.probe import Probe
from local.verify.registry import rule


def _policy(principal: object) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": principal,
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _account(arn: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{arn.split(':')[4]}:root"}


@rule(29)
def a_policy_is_kept_and_removed(probe: Probe) -> None:
    """PutResourcePolicy keeps a policy, GetResourcePolicy has it, DeleteResourcePolicy ends it."""
    secret = probe.secret()
    policy = _policy(_account(secret.arn))
    answer = probe.client.put_resource_policy(SecretId=secret.arn, ResourcePolicy=policy)
    equal("its answer", (answer["ARN"], answer["Name"]), (secret.arn, secret.name))
    kept = probe.client.get_resource_policy(SecretId=secret.arn)["ResourcePolicy"]
    equal("the policy", json.loads(kept), json.loads(policy))
    probe.client.delete_resource_policy(SecretId=secret.arn)
    left = probe.client.get_resource_policy(SecretId=secret.arn)
    equal("what is left of it", left.get("ResourcePolicy"), None)


@rule(29)
def what_is_no_policy_is_refused(probe: Probe) -> None:
    """A text that is no JSON, or no policy, is MalformedPolicyDocumentException."""
    secret = probe.secret()
    for text in ("no policy", '{"Version": "2012-10-17"}'):
        with refused("MalformedPolicyDocumentException"):
            probe.client.put_resource_policy(SecretId=secret.arn, ResourcePolicy=text)


@rule(29)
def a_public_policy_is_refused_if_it_is_to_be(probe: Probe) -> None:
    """With BlockPublicPolicy a policy for everybody is PublicPolicyException."""
    secret = probe.secret()
    with refused("PublicPolicyException"):
        probe.client.put_resource_policy(
            SecretId=secret.arn, ResourcePolicy=_policy("*"), BlockPublicPolicy=True
        )
    probe.client.put_resource_policy(
        SecretId=secret.arn, ResourcePolicy=_policy(_account(secret.arn)), BlockPublicPolicy=True
    )
