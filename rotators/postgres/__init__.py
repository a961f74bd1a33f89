"""PostgreSQL: the functions that rotate its users' passwords."""

from rotators.postgres.engine import PostgresEngine
from shared.aws.rds import Rds
from shared.handler import make_handler
from shared.strategies import AlternatingUsers, SingleUser

single_user = make_handler(
    lambda environment: SingleUser(
        PostgresEngine.from_environment(environment), environment, directory=Rds()
    ),
    strategy="single_user",
)
alternating_users = make_handler(
    lambda environment: AlternatingUsers(
        PostgresEngine.from_environment(environment), environment, directory=Rds()
    ),
    strategy="alternating_users",
)
