"""MySQL and MariaDB: the functions that rotate their users' passwords."""

from rotators.mysql.engine import MySQLEngine
from shared.handler import make_handler
from shared.strategies import AlternatingUsers, SingleUser

single_user = make_handler(
    lambda environment: SingleUser(MySQLEngine.from_environment(environment), environment),
    strategy="single_user",
)
alternating_users = make_handler(
    lambda environment: AlternatingUsers(MySQLEngine.from_environment(environment), environment),
    strategy="alternating_users",
)
