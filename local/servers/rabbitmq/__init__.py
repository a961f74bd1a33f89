"""RabbitMQ 3.10: its management API and the broker itself, both over TLS only.

Source: RabbitMQ documentation, "Management Plugin", "TLS Support" and "Configuration".
"""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import Home, home
from local.servers.prefix import prefix
from local.servers.prefix.debian import DebianPackage
from local.servers.rabbitmq.api import version_of
from local.servers.rabbitmq.broker import Broker
from local.servers.server import ENVIRONMENT, HOST, fill_version, new_server

ERLANG = "usr/lib/erlang"
PROGRAMS = f"{ERLANG}/erts-13.1.5/bin"
RABBIT = "usr/lib/rabbitmq/lib/rabbitmq_server-3.10.8"
RECIPE = DebianPackage(
    title="RabbitMQ",
    suite="bookworm",
    package="rabbitmq-server",
    programs=f"{PROGRAMS}/*",
    server=f"{PROGRAMS}/beam.smp",
    needless=("logrotate", "python3"),  # of its service, and of a tool of its management's
    version="-V",
)
# The validator refuses passwords of digits alone, so that a refusal can be had.
CONFIG = """\
listeners.tcp = none
listeners.ssl.1 = {host}:{amqp_port}
ssl_options.cacertfile = {ca}
ssl_options.certfile = {cert}
ssl_options.keyfile = {key}
ssl_options.versions.1 = tlsv1.3
ssl_options.versions.2 = tlsv1.2
management.ssl.ip = {host}
management.ssl.port = {port}
management.ssl.cacertfile = {ca}
management.ssl.certfile = {cert}
management.ssl.keyfile = {key}
management.ssl.versions.1 = tlsv1.3
management.ssl.versions.2 = tlsv1.2
management_agent.disable_metrics_collector = true
credential_validator.validation_backend = rabbit_credential_validator_password_regexp
credential_validator.regexp = [^0-9]
log.console = true
log.console.level = info
log.file = false
default_user = {admin}
default_pass = {password}
default_user_tags.administrator = true
"""


@contextmanager
def rabbitmq(folder: Path, authority: Authority) -> Iterator[Broker]:
    """Run RabbitMQ while the block runs; `port` is its management API's.

    Its log is rabbitmq.log in `folder`.
    """
    unpacked = prefix(RECIPE)
    log = folder / "rabbitmq.log"
    with home(log, authority) as place:
        server = Broker.of(new_server("rabbitmq", authority, log), children.free_port())
        _configure(place, server)
        names_port = children.free_port()
        child = place.child(env=_environment(unpacked, place, names_port))
        with (
            # As our own child: RabbitMQ would start one as a daemon, on every interface.
            children.running(
                (unpacked / PROGRAMS / "epmd", "-port", str(names_port), "-address", HOST),
                name="Erlang's port mapper",
                log=place.folder / "epmd.log",
                ready=lambda: children.listening(names_port),
                **child,
            ),
            children.running(
                _command(unpacked),
                name="RabbitMQ",
                log=log,
                ready=lambda: version_of(server) is not None,
                stop_signal=signal.SIGKILL,  # an orderly end takes seconds, and keeps nothing
                **child,
            ),
        ):
            yield fill_version(server, version_of)


def _configure(place: Home, server: Broker) -> None:
    config = CONFIG.format(
        host=HOST,
        port=server.port,
        amqp_port=server.amqp_port,
        ca=place.ca,
        cert=place.certificate.cert,
        key=place.certificate.key,
        admin=server.admin,
        password=server.password,
    )
    place.write("rabbitmq.conf", config)
    place.write("enabled_plugins", "[rabbitmq_management].\n")


def _environment(unpacked: Path, place: Home, names_port: int) -> Mapping[str, str]:
    """What the shell scripts `erl` and `rabbitmq-env` set, with the prefix's and our folders."""
    plugins = unpacked / RABBIT / "plugins"
    return {
        **ENVIRONMENT,
        "HOME": str(place.folder),  # where Erlang puts its cookie
        "ROOTDIR": str(unpacked / ERLANG),
        "BINDIR": str(unpacked / PROGRAMS),
        "EMU": "beam",
        "PROGNAME": "erl",
        "ERL_LIBS": str(plugins),
        "ERL_EPMD_ADDRESS": HOST,
        "ERL_EPMD_PORT": str(names_port),
        "ERL_CRASH_DUMP_SECONDS": "0",  # a dump holds passwords
        "RABBITMQ_HOME": str(unpacked / RABBIT),
        "RABBITMQ_PLUGINS_DIR": str(plugins),
        "RABBITMQ_NODENAME": "rotators@localhost",
        "RABBITMQ_CONFIG_FILE": str(place.folder / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(place.folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(place.data),
        "RABBITMQ_LOG_BASE": str(place.data),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(place.data / "pid"),
        "RABBITMQ_DIST_PORT": str(children.free_port()),
    }


def _command(unpacked: Path) -> tuple[str | Path, ...]:
    """What the shell script `rabbitmq-server` ends in, with few schedulers that do not spin."""
    return (
        *(unpacked / PROGRAMS / "erlexec", "-noinput", "-s", "rabbit", "boot"),
        *("-boot", "start_sasl", "+W", "w", "+S", "2:2"),
        *("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"),
        *("-syslog", "logger", "[]", "-syslog", "syslog_error_logger", "false"),
        *("-kernel", "inet_dist_use_interface", "{127,0,0,1}"),
        *("-kernel", "prevent_overlapping_partitions", "false"),
    )
