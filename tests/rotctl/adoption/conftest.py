"""AWS's functions beside ours, for a file of tests."""

import pytest

from tests.rotctl.adoption.fleet import MULTI, SINGLE, Fleet
from tests.rotctl.world import World


@pytest.fixture(scope="module")
def fleet(running_world: World, tmp_path_factory: pytest.TempPathFactory) -> Fleet:
    """The functions, and no secret yet."""
    home = running_world.home
    home.named |= {"PostgresAlternatingUsers": "PostgresAlternatingUsers"}
    made = Fleet(running_world, tmp_path_factory.mktemp("journal") / "adopt.json")
    for name in (SINGLE, MULTI, "MyRotator", "SecretsManagerRDSOracleRotationSingleUser"):
        made.function(name)
    made.function("SecretsManagerRDSMySQLRotationMultiUser")
    made.function(SINGLE + "-both", made_of="SecretsManagerRDSMySQLRotationSingleUser")
    network = {"VpcId": "vpc-1", "SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}
    made.function("SecretsManagerorders", made_of=SINGLE, **network)
    made.function(SINGLE + "-gone")
    return made
