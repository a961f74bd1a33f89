"""A user's access key."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, ClassVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from local.targets import Document, beyond, create
from rotators.iam.testing import accounts
from rotators.iam.testing.front import PATH, Iam

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_REFUSALS = ("InvalidClientTokenId", "SignatureDoesNotMatch")


class IamTarget:
    """A user with one key, which a person has made and stored."""

    function: ClassVar[str] = "IamAccessKey"
    title: ClassVar[str] = "IAM user (moto)"
    installs: ClassVar[bool] = False
    overlaps: ClassVar[bool] = True

    def __init__(self, iam: Iam, **settings: str) -> None:
        self.iam = iam
        self.user = f"app-{uuid.uuid4().hex[:10]}"
        self.settings: Mapping[str, str] = {
            "AWS_ENDPOINT_URL_IAM": iam.url,
            "AWS_ENDPOINT_URL_STS": iam.url,
            "AWS_ACCOUNT_ID": accounts.ACCOUNT,
            **settings,
        }
        accounts.make_user(self.user, PATH)
        key_id, key = accounts.make_key(self.user)
        self.document: Document = {
            "username": self.user,
            "access_key_id": key_id,
            "secret_access_key": key,
        }

    def seed(self, client: "SecretsManagerClient", name: str) -> str:
        """Make the secret."""
        return create(client, name, self.document)

    def accepts(self, document: Mapping[str, object]) -> bool:
        """Ask STS whose the key is, as an application would begin."""
        client = boto3.client(
            "sts",
            region_name=accounts.REGION,
            endpoint_url=self.iam.url,
            verify=str(self.iam.ca),
            aws_access_key_id=str(document["access_key_id"]),
            aws_secret_access_key=str(document["secret_access_key"]),
            config=Config(proxies={}),
        )
        try:
            arn = str(client.get_caller_identity()["Arn"])
            return arn.endswith(f"/{document['username']}")
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSALS:
                return False
            raise
        finally:
            client.close()

    def stranger(self) -> Document:
        """Another user with a key, beside this one."""
        return type(self)(self.iam).document

    def overhearing(self) -> AbstractContextManager[Callable[[], str]]:
        """The calls."""
        return beyond(self.iam.log)
