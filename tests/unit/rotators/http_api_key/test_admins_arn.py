"""What names the admin's secret of a key: an ARN, or it is neither repeated nor asked for."""

import json

import pytest

from shared.document.form import names_of, naming
from shared.document.value import load_value
from shared.errors import MalformedSecret
from tests.unit.shared.asked.test_wishes import backend_of

KEY = {
    "issuer": "jupyterhub",
    "issuer_url": "https://issuer.test/api",
    "owner": "app",
    "key_id": "a1",
    "api_key": "old",
}


@pytest.mark.parametrize("canary", ["sk_canary", "issuer/canary", "arn:canary"])
def test_another_fields_value_is_not_sent_as_the_admins_arn(canary: str) -> None:
    rotation = {"fields": {"admin_secret_arn": "STRIPE"}}
    secret = {**KEY, "STRIPE": canary, "rotation": rotation}
    document = load_value(json.dumps(secret))
    with (
        pytest.raises(MalformedSecret, match="'STRIPE' of the secret is not the ARN") as caught,
        naming(names_of(document)),
    ):
        backend_of("HttpApiKey").parse(document)
    assert caught.value.field == "STRIPE"
    assert "canary" not in str(caught.value)
