"""What a function answers to an operator, by Lambda's Invoke."""

import uuid

import pytest

from rotctl.aws import functions, secrets
from rotctl.aws.session import Aws
from rotctl.trouble import Failed
from tests.rotctl.world import World


def test_a_function_answers_what_it_is_asked_and_nothing_else(world: World) -> None:
    name = world.secret("tasks/asked").name
    aws = Aws()
    secret = secrets.described(aws, name)
    answer = functions.ask(aws, secret, "diagnose")
    assert (answer["backend"], answer["strategy"]) == ("postgres", "single_user")
    assert {each["state"] for each in answer["findings"]} == {"ok"}
    for foreign in ("ClientRequestToken", "RotationToken"):
        with pytest.raises(Failed) as refused:
            functions.ask(aws, secret, "diagnose", **{foreign: str(uuid.uuid4())})
        assert refused.value.code == "InvalidEvent"
    with pytest.raises(Failed, match="is not one of createSecret"):
        functions.ask(aws, secret, "Diagnose", ClientRequestToken=str(uuid.uuid4()))
