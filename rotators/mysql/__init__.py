"""MySQL and MariaDB: the functions that rotate their users' passwords."""

from rotators.mysql.engine import MySQLEngine
from rotators.mysql.passwords.policy import LONGEST_PASSWORDS
from shared.aws.rds import Rds
from shared.handler import make_handler
from shared.strategies import AlternatingUsers, SingleUserWithOverlap

single_user = make_handler(
    lambda environment: SingleUserWithOverlap(
        MySQLEngine.from_environment(environment),
        environment,
        directory=Rds(),
        longest_passwords=LONGEST_PASSWORDS,
    ),
    strategy="single_user",
)
alternating_users = make_handler(
    lambda environment: AlternatingUsers(
        MySQLEngine.from_environment(environment),
        environment,
        directory=Rds(),
        longest_passwords=LONGEST_PASSWORDS,
    ),
    strategy="alternating_users",
)
