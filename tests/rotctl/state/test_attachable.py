"""What the local system has not: a secret that another service owns."""

from dataclasses import replace

import pytest

from rotctl.aws.permission import Permission
from rotctl.state.attachable import Attachable, check
from rotctl.trouble import Trouble
from tests.rotctl.state.test_standing import FUNCTION, SECRET

TO = Attachable(SECRET.function, FUNCTION, Permission(None), ())


def test_a_secret_of_another_service_is_left_to_it() -> None:
    check(SECRET, TO)
    with pytest.raises(Trouble, match="'app' belongs to the service rds, which rotates it; leave"):
        check(replace(SECRET, owner="rds"), TO)
