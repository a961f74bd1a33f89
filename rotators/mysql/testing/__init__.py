"""What this kind is tried with on one machine: real MySQL and MariaDB, and accounts on them."""

from collections.abc import Mapping

from local.servers.choice import ServerChoice
from local.servers.mariadb import RECIPE as MARIADB
from local.servers.mariadb import mariadb
from local.servers.mysql import RECIPE as MYSQL
from local.servers.mysql import mysql
from local.targets import Offer
from rotators.mysql.testing.users import MySQLAlternatingTarget, MySQLTarget

__all__ = ["SERVERS", "TARGETS", "MySQLAlternatingTarget", "MySQLTarget"]

TARGETS: Mapping[str, Offer] = {
    "mysql": Offer(MySQLTarget.function, lambda place: MySQLTarget(place.running(mysql))),
    "mariadb": Offer(MySQLTarget.function, lambda place: MySQLTarget(place.running(mariadb))),
    "mysql-alternating": Offer(
        MySQLAlternatingTarget.function,
        lambda place: MySQLAlternatingTarget(place.running(mysql), "shop"),
    ),
    "mariadb-alternating": Offer(
        MySQLAlternatingTarget.function,
        lambda place: MySQLAlternatingTarget(place.running(mariadb), "shop"),
    ),
}
SERVERS: Mapping[str, ServerChoice] = {
    "mariadb": ServerChoice(MARIADB, mariadb),
    "mysql": ServerChoice(MYSQL, mysql),
}
