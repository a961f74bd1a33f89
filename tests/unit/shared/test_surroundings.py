"""What the process is given must not change what a rotation does, nor let it hang or leak."""

import os
import signal
import subprocess
import sys
import threading
import time

import boto3
import pytest

from local.bootstrap import ROOT
from shared.deadline import deadline
from shared.errors import Unreachable
from tests.fake_servers import fake_server, silent


@pytest.mark.parametrize(
    ("module", "variable"),
    [
        ("shared.handler", "SSLKEYLOGFILE"),
        ("rotators.postgres", "PGHOSTADDR"),
        ("rotators.postgres", "PGOPTIONS"),
        ("rotators.postgres", "PGSERVICE"),
    ],
)
def test_a_variable_that_would_leak_or_redirect_is_dropped(module: str, variable: str) -> None:
    code = f"import os, {module}; print(os.environ.get({variable!r}, 'gone'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, variable: "set"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "gone"


def test_a_step_that_hangs_is_ended_with_a_typed_error() -> None:
    with pytest.raises(Unreachable, match="time was over"), deadline(1.1):
        threading.Event().wait(60)


def test_a_library_cannot_take_it_for_its_peers_error() -> None:
    caught = []

    def library() -> None:
        while True:
            try:
                threading.Event().wait(60)
            except Exception as error:  # noqa: BLE001 - as botocore does, to try again
                caught.append(error)

    with pytest.raises(Unreachable), deadline(1.1):
        library()
    assert caught == []


def test_a_clean_up_that_hangs_is_interrupted_too() -> None:
    def hang() -> None:
        try:
            threading.Event().wait(60)
        finally:
            threading.Event().wait(60)

    with pytest.raises(Unreachable), deadline(1.1):
        hang()


def test_secrets_manager_that_never_answers_is_bounded_by_the_functions_time() -> None:
    with fake_server(silent) as server:
        client = boto3.client(
            "secretsmanager",
            endpoint_url=f"http://127.0.0.1:{server.port}",
            region_name="us-east-1",
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        with pytest.raises(Unreachable, match="time was over"), deadline(1.5):
            client.describe_secret(SecretId="any")
        client.close()


def test_a_timer_that_was_set_before_goes_on() -> None:
    before = signal.getsignal(signal.SIGALRM)
    previous = signal.setitimer(signal.ITIMER_REAL, 500)
    try:
        with deadline(60):
            assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] < 60
        assert 400 < signal.getitimer(signal.ITIMER_REAL)[0] <= 500
        assert signal.getsignal(signal.SIGALRM) is before
    finally:
        signal.setitimer(signal.ITIMER_REAL, *previous)


def test_outside_the_main_thread_it_leaves_the_timer_alone() -> None:
    ended = []

    def run() -> None:
        with deadline(0):
            time.monotonic()
        ended.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(10)
    assert ended
