"""The Agent as a source, held to what its repository says that it answers."""

import contextlib
import logging
import socket
import traceback
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from rotating import Absent, Denied, RotatingError, Secret, Unavailable, Version
from rotating import agent as module
from rotating.agent import Agent
from rotating.agent.token import Token

from tests.clients.core.standin import StandIn, running

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"
VALUE = "a value of the secret"
VARIABLES = (
    *("AWS_TOKEN", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No token and no port of the machine's own; a proxy that would swallow what it is given."""
    for each in VARIABLES:
        monkeypatch.delenv(each, raising=False)
    for proxy in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    monkeypatch.setattr("rotating.agent.token._USUAL_FILE", tmp_path / "none")


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with running(StandIn({CURRENT: VALUE})) as standin:
        yield standin


@pytest.fixture
def agent(standin: StandIn) -> Agent:
    return Agent("app", port=standin.port, token=standin.token)


def told(agent: Agent, stage: str = CURRENT) -> RotatingError:
    """Why it cannot be read; no value and no token is in the text, or in a local on the way."""
    with pytest.raises(RotatingError) as raised:
        agent.read(stage)
    shown = traceback.TracebackException.from_exception(raised.value, capture_locals=True)
    frames = [frame for frame in shown.stack if "rotating" in frame.filename]
    assert frames
    text = str([frame.locals for frame in frames]) + "".join(shown.format_exception_only())
    assert VALUE not in text
    assert "token-of-the-agent" not in text
    assert raised.value.__context__ is None
    return raised.value


# --- what it reads ---


def test_a_label_is_read_anew_each_time(agent: Agent, standin: StandIn) -> None:
    version = agent.read(CURRENT)
    assert (version.id, version.text) == (f"version-of-{CURRENT}", VALUE)
    asked = {"secretId": "app", "versionStage": CURRENT, "refreshNow": "true"}
    assert standin.asked == [asked]
    assert agent.next_rotation() is None


def test_a_name_with_any_character_arrives(standin: StandIn) -> None:
    name = "app/a+b=c&d ?#ü"
    Agent(name, port=standin.port, token=standin.token).read(CURRENT)
    assert standin.asked[0]["secretId"] == name


def test_a_binary_secret_is_its_bytes(agent: Agent, standin: StandIn) -> None:
    standin.said = [(200, b'{"VersionId": "one", "SecretBinary": "AP8="}')]
    assert agent.read(CURRENT).binary == b"\x00\xff"


def test_the_gap_of_a_rotation_is_bridged_by_what_is_pending(standin: StandIn) -> None:
    standin.labels[PENDING] = "new"
    secret = Secret("app", source=Agent("app", port=standin.port, token=standin.token))

    def log_in(version: Version) -> str:
        if version.text != "new":
            raise PermissionError
        return version.text

    rejected = lambda error: isinstance(error, PermissionError)  # noqa: E731
    assert secret.attempt(log_in, rejected=rejected) == "new"


# --- what goes wrong ---


@pytest.mark.parametrize(
    ("said", "kind", "text"),
    [
        ((400, b'{"__type":"AccessDeniedException","message":"x"}'), Denied, "AccessDenied"),
        ((403, b'{"__type":"AccessDeniedException","message":"x"}'), Denied, "AccessDenied"),
        ((400, b'{"__type":"ThrottlingException","message":"x"}'), Unavailable, "Throttling"),
        ((500, b'{"__type":"InternalFailure"}'), Unavailable, "InternalFailure"),
        ((502, b'{"__type":"ConnectionError","message":"Read Error"}'), Unavailable, "Connection"),
        ((429, b"Connection limit exceeded"), Unavailable, "answered HTTP 429"),
        ((404, b"Not found"), Unavailable, "answered HTTP 404"),
        ((200, b"[]"), Unavailable, "gave no version"),
        ((200, b"[" * 100_000), Unavailable, "gave no version"),
        ((200, b'{"SecretString": "%s"}' % VALUE.encode()), Unavailable, "gave no version"),
        ((200, b'{"VersionId": "one", "SecretBinary": "%%"}'), Unavailable, "gave no version"),
        ((200, b'{"VersionId": "one"}'), Unavailable, "gave no version"),
        (
            (200, b'{"VersionId": "one", "SecretString": "%s' % VALUE.encode()),
            Unavailable,
            "no ver",
        ),
    ],
)
def test_each_answer_that_is_no_version(
    agent: Agent, standin: StandIn, said: tuple[int, bytes], kind: type, text: str
) -> None:
    standin.said = [said]  # and a version, to who asks again
    error = told(agent)
    assert type(error) is kind
    assert str(error).startswith(f"{CURRENT} of the secret 'app' cannot be read: the agent on 127.")
    assert text in str(error)


def test_what_is_not_understood_is_told_by_its_status_only(agent: Agent, standin: StandIn) -> None:
    standin.said = [(400, b'{"__type":"%b"}' % VALUE.encode())] * 2
    assert str(told(agent)).endswith("answered HTTP 400")


def test_a_label_that_no_version_has_is_absent(agent: Agent) -> None:
    assert type(told(agent, PENDING)) is Absent


def test_nobody_there_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_STARTING_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    error = told(Agent("app", port=port, token="token-of-the-agent"))
    assert type(error) is Unavailable
    assert str(error).endswith("gave ConnectionRefusedError")


def test_bytes_that_come_too_slowly_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each soon enough for a socket's timeout, without an end."""
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not ended.wait(0.05):
                    connection.sendall(b"x")

        ended = Event()
        thread = Thread(target=drip)
        thread.start()
        error = told(Agent("app", port=server.getsockname()[1], token="token-of-the-agent"))
        ended.set()
        thread.join()
    assert type(error) is Unavailable


# --- while it starts, and where it is old ---


def test_what_is_not_ready_is_asked_again(agent: Agent, standin: StandIn) -> None:
    standin.said = [(400, b"not ready to serve traffic, please wait")] * 2
    assert agent.read(CURRENT).text == VALUE


def test_what_does_not_listen_yet_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    standin = StandIn({CURRENT: VALUE})
    with contextlib.ExitStack() as stack:

        def begin(_: float) -> None:
            monkeypatch.undo()
            stack.enter_context(running(standin, port))

        monkeypatch.setattr("time.sleep", begin)
        assert Agent("app", port=port, token=standin.token).read(CURRENT).text == VALUE


def test_what_never_becomes_ready_is_unavailable(
    agent: Agent, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STARTING_SECONDS", 0.0)
    standin.said = [(400, b"not ready to serve traffic, please wait")]
    error = told(agent)
    assert type(error) is Unavailable
    assert str(error).endswith("is still starting")


def test_one_that_cannot_read_anew_answers_from_its_cache_and_it_is_said_once(
    agent: Agent, standin: StandIn, caplog: pytest.LogCaptureFixture
) -> None:
    standin.knows -= {"refreshNow"}
    with caplog.at_level(logging.WARNING, "rotating"):
        assert [agent.read(CURRENT).text for _ in range(2)] == [VALUE] * 2
    (record,) = caplog.records
    assert record.getMessage().endswith("does not read anew: a value is as old as its cache")


# --- its token and its port ---


def test_a_token_that_was_made_anew_is_found_in_its_file(standin: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{standin.token}\n")
    agent = Agent("app", port=standin.port, token=f"file://{file}")
    agent.read(CURRENT)
    file.write_text("")  # while it is written anew
    standin.token = "another token-of-the-agent"
    standin.refusing = lambda _: file.write_text(standin.token)
    assert agent.read(CURRENT).text == VALUE


def test_a_token_is_not_shown_where_its_file_goes(standin: StandIn, tmp_path: Path) -> None:
    """As when the Agent is stopped."""
    file = tmp_path / "token"
    file.write_text("old token-of-the-agent")
    standin.refusing = lambda _: file.unlink()
    error = told(Agent("app", port=standin.port, token=f"file://{file}"))
    assert f"FileNotFoundError for file://{file}" in str(error)


def test_a_wrong_token_is_denied_and_its_place_named(standin: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("wrong token-of-the-agent")
    error = told(Agent("app", port=standin.port, token=f"file://{file}"))
    assert type(error) is Denied
    assert str(error).endswith(f"refuses the token of file://{file}")
    assert len(standin.asked) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_without_awss_code_is_of_the_token(
    agent: Agent, standin: StandIn, status: int
) -> None:
    standin.said = [(status, b"")]
    assert str(told(agent)).endswith("refuses the token of what was given")


def test_a_file_that_cannot_be_read_is_named(standin: StandIn, tmp_path: Path) -> None:
    error = told(Agent("app", port=standin.port, token=f"file://{tmp_path}/gone"))
    assert type(error) is Denied
    assert f"FileNotFoundError for file://{tmp_path}/gone" in str(error)
    assert not standin.asked


def test_without_a_token_it_says_where_to_put_it(standin: StandIn) -> None:
    assert "set AWS_TOKEN" in str(told(Agent("app", port=standin.port)))


def test_a_token_that_no_header_may_have_is_not_shown(standin: StandIn) -> None:
    assert type(told(Agent("app", port=standin.port, token="a\ntoken-of-the-agent"))) is Unavailable


def test_the_places_of_a_token_in_their_order(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    usual = tmp_path / "usual"
    monkeypatch.setattr("rotating.agent.token._USUAL_FILE", usual)
    found = []
    for change in (
        lambda: monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "snapstart"),
        lambda: monkeypatch.setenv("AWS_SESSION_TOKEN", "lambda"),
        lambda: usual.write_text("usual\n"),
        lambda: monkeypatch.setenv("AWS_TOKEN", "own"),
    ):
        change()
        found.append((str(Token()), str(Token().found())))
    assert found == [
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN", "snapstart"),
        ("AWS_SESSION_TOKEN", "lambda"),
        (f"file://{usual}", "usual"),
        ("AWS_TOKEN", "own"),
    ]
    assert str(Token("given").found()) == "given"


def test_the_port_is_the_extensions_where_none_is_given(
    standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", str(standin.port))
    assert Agent("app", token=standin.token).read(CURRENT).text == VALUE
