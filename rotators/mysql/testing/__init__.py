"""What this kind is tried with on one machine: real MySQL and MariaDB, and accounts on them."""

from collections.abc import Mapping
from functools import partial

from local.servers.choice import ServerChoice
from local.servers.mariadb import mariadb, recipe
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
    "mariadb": ServerChoice(recipe("10.11"), mariadb),
    "mariadb-11.8": ServerChoice(recipe("11.8"), partial(mariadb, version="11.8"), usual=False),
    "mysql": ServerChoice(MYSQL, mysql),
}
