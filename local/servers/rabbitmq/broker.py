"""The broker as its clients meet it: AMQP over verified TLS, and none of `rotators` in it.

Source: RabbitMQ documentation, "Authentication, Authorisation, Access Control".
"""

import ssl
from dataclasses import dataclass, fields
from typing import Self

import pika
from pika.exceptions import ProbableAuthenticationError

from local.servers.server import Server

SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker(Server):
    """A server whose `port` is its management API's; clients send messages at `amqp_port`."""

    amqp_port: int

    @classmethod
    def of(cls, server: Server, amqp_port: int) -> Self:
        """The same server, with the port for messages."""
        known = {each.name: getattr(server, each.name) for each in fields(Server)}
        return cls(**known, amqp_port=amqp_port)


def connect(broker: Broker, name: str, password: str) -> pika.BlockingConnection:
    """An application's connection to the virtual host `/`; raises pika's AMQPError."""
    context = ssl.create_default_context(cafile=broker.ca)
    parameters = pika.ConnectionParameters(
        host=broker.host,
        port=broker.amqp_port,
        credentials=pika.PlainCredentials(name, password),
        ssl_options=pika.SSLOptions(context, broker.host),
        connection_attempts=1,
        socket_timeout=SECONDS,
        stack_timeout=SECONDS,
        blocked_connection_timeout=SECONDS,
    )
    return pika.BlockingConnection(parameters)


def logs_in(broker: Broker, name: str, password: str) -> bool:
    """Whether an application gets a connection with this password.

    Raises pika's AMQPError for every other end than a login or its refusal.
    """
    try:
        connect(broker, name, password).close()
    except ProbableAuthenticationError:
        return False
    return True
