"""RabbitMQ lets in whoever verifies it and has the password, over TLS, and leaves nothing."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import urllib3

from local.bootstrap import ROOT
from local.network.api import UnexpectedAnswerError
from local.processes import children
from local.servers import Server, rabbitmq
from local.servers.certificates import Authority
from local.servers.rabbitmq.api import (
    call,
    lets_in,
    set_user,
    version_of,
)
from tests.local.servers.test_engines import LOOPBACK, descendants, listeners, running

RUN = """
import sys, time
from pathlib import Path
from local.servers.certificates import Authority
from local.servers import rabbitmq
folder = Path(sys.argv[1])
with rabbitmq(folder, Authority(folder)):
    print("ready", flush=True)
    time.sleep(600)
"""


def test_the_administrator_gets_in(rabbitmq_server: Server) -> None:
    assert rabbitmq_server.version.startswith("3.10.")
    assert version_of(rabbitmq_server) == rabbitmq_server.version
    assert version_of(replace(rabbitmq_server, password="wrong")) is None


def test_a_password_is_set_in_place(rabbitmq_server: Server) -> None:
    set_user(rabbitmq_server, "döner/ kebab", "first:ß")
    assert lets_in(rabbitmq_server, "döner/ kebab", "first:ß")
    set_user(rabbitmq_server, "döner/ kebab", "second")
    assert lets_in(rabbitmq_server, "döner/ kebab", "second")
    assert not lets_in(rabbitmq_server, "döner/ kebab", "first:ß")


def test_guest_is_nobody(rabbitmq_server: Server) -> None:
    assert not lets_in(rabbitmq_server, "guest", "guest")


def test_a_user_may_not_change_another(rabbitmq_server: Server) -> None:
    set_user(rabbitmq_server, "small", "small")
    with pytest.raises(UnexpectedAnswerError, match="HTTP 401"):
        set_user(replace(rabbitmq_server, admin="small", password="small"), "other", "x")


def test_a_user_without_a_tag_cannot_be_asked(rabbitmq_server: Server) -> None:
    set_user(rabbitmq_server, "untagged", "right", tags="")
    assert call(rabbitmq_server, "GET", "/whoami", ("untagged", "right")).status == 401


def test_another_authority_is_refused(rabbitmq_server: Server, tmp_path: Path) -> None:
    with pytest.raises(urllib3.exceptions.SSLError):
        lets_in(replace(rabbitmq_server, ca=Authority(tmp_path).ca), "any", "any")


@pytest.mark.usefixtures("rabbitmq_server")
def test_only_loopback_is_listened_on() -> None:
    assert {address for address, _ in listeners(descendants(os.getpid()))} <= LOOPBACK


def test_passwords_are_not_shown(rabbitmq_server: Server) -> None:
    set_user(rabbitmq_server, "quiet", "a-needle-in-no-haystack")
    assert lets_in(rabbitmq_server, "quiet", "a-needle-in-no-haystack")
    assert rabbitmq_server.log is not None
    log = rabbitmq_server.log.read_text(errors="replace")  # tags are in it as they are
    assert "'quiet'" in log
    assert "a-needle-in-no-haystack" not in log
    assert rabbitmq_server.password not in log + repr(rabbitmq_server)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM], ids=lambda sent: sent.name)
def test_nothing_outlives_its_parent(sent: signal.Signals, tmp_path: Path) -> None:
    output = tmp_path / "output"
    command = (sys.executable, "-c", RUN, tmp_path)
    with output.open("wb") as file, subprocess.Popen(command, cwd=ROOT, stdout=file) as parent:
        child = children.Child("the parent", parent, output)
        try:
            assert child.wait(lambda: child.ended() or b"ready" in output.read_bytes(), 120)
            family = descendants(parent.pid)
            assert len(family) >= 3  # RabbitMQ, its own helper, and the port mapper
            parent.send_signal(sent)
            parent.wait(30)
        finally:
            parent.kill()
        assert child.wait(lambda: not running(family), 15)


def test_its_folder_goes_with_it(tmp_path: Path, authority: Authority) -> None:
    with rabbitmq(tmp_path, authority) as server:
        assert server.log is not None
        home = server.log.readlink().parent
        assert home.is_dir()
    assert not home.exists()
    assert "Management plugin: HTTPS listener started" in server.log.read_text()
