"""A PostgreSQL user whose password PostgresSingleUser rotates, as an app of the AWS CDK.

Needs of the functions' stack: PostgresSingleUser, and SubnetIds with a way to the database. Create
the user with the password that the secret has, before the first rotation.

    cdk deploy --app "python app.py" -c host=db.example.org [-c functionsStack=secret-rotators]
               [-c kmsKeyArn=arn:aws:kms:...]
"""

import json

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm


class OrdersSecret(cdk.Stack):
    """The secret, and its schedule."""

    def __init__(self, scope: cdk.App, name: str) -> None:
        super().__init__(
            scope, name, description="A PostgreSQL user that PostgresSingleUser rotates"
        )
        functions = self.node.try_get_context("functionsStack") or "secret-rotators"
        key = self.node.try_get_context("kmsKeyArn")
        where = {"engine": "postgres", "host": self.node.get_context("host"), "port": 5432}
        secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name="orders-cdk",
            description="User app of the database orders",
            encryption_key=kms.Key.from_key_arn(self, "Key", key) if key else None,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=json.dumps({**where, "dbname": "orders", "username": "app"}),
                generate_string_key="password",
                password_length=32,
                exclude_punctuation=True,
            ),
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        # The functions' own SecretTagValue, where they have one.
        tag = self.node.try_get_context("secretTagValue") or "secret-rotators"
        cdk.Tags.of(secret).add("rotated-by", tag)

        # Not secret.add_rotation_schedule: that takes a function to which it grants an invocation
        # and the secret. The functions' stack has both already, and for attached secrets only.
        secretsmanager.CfnRotationSchedule(
            self,
            "Rotation",
            secret_id=secret.secret_arn,
            rotation_lambda_arn=ssm.StringParameter.value_for_string_parameter(
                self, f"/{functions}/PostgresSingleUserArn"
            ),
            rotate_immediately_on_update=False,  # deploying tests the function, and changes nothing
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                schedule_expression="cron(0 3 1 * ? *)", duration="2h"
            ),
        )
        cdk.CfnOutput(self, "SecretArn", value=secret.secret_arn)


app = cdk.App()
OrdersSecret(app, "OrdersSecret")
app.synth()
