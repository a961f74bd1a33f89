"""Three secrets to look at: one is fine, one is locked out, one has lost its function."""

from local.functions.home import InProcess
from local.system import System
from rotators.postgres.testing import PostgresTarget

FINE, LOCKED, LOST = "orders/db", "billing/db", "reports/db"
# By the picture's name, what is run for it; in this order.
COMMANDS = {
    "status": "status",
    "diagnose": f"diagnose {LOCKED} --explain",
    "heal": f"heal {LOCKED} --reset --yes",
}


def tell(running: System, home: InProcess) -> None:
    """Make them; the last function goes once its secret is attached."""
    running.service.settings.retries = 0
    home.add("Retired", "rotators.postgres.single_user")
    for name, function in ((FINE, ""), (LOCKED, ""), (LOST, "Retired")):
        _attach(running, name, function or PostgresTarget.function)
    home.remove("Retired")


def _attach(running: System, name: str, function: str) -> None:
    """A user's secret that names an admin, rotated once; that of LOCKED then fails."""
    client = running.service.client()
    target = PostgresTarget(running.targets["postgres"].server, name.replace("/", "_"))  # type: ignore[attr-defined] # a database's
    target.through_admin = True
    arn = target.seed(client, name)
    client.rotate_secret(
        SecretId=arn,
        RotationLambdaARN=running.service.function_arn(function),
        RotationRules={"AutomaticallyAfterDays": 30},
    )
    running.service.wait_for_rotation(arn)
    if name == LOCKED:
        with target.admin() as admin:
            admin.execute("ALTER ROLE billing_db PASSWORD 'set by hand'")
        client.rotate_secret(SecretId=arn)
        running.service.wait_for_rotation(arn, beyond=1)
