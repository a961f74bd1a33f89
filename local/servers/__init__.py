"""Real servers on loopback, without root, without Docker and with nothing installed."""

from local.servers.mariadb import mariadb
from local.servers.mysql import mysql
from local.servers.pgbouncer import pgbouncer
from local.servers.postgres import postgres
from local.servers.rabbitmq import rabbitmq
from local.servers.server import Server

__all__ = ["Server", "mariadb", "mysql", "pgbouncer", "postgres", "rabbitmq"]
