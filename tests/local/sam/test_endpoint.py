"""Functions behind a Lambda endpoint: what it answers, and what the service makes of that."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import typer

from local.functions.home import ARN_PREFIX, FunctionError
from local.processes.children import free_port
from local.sam.endpoint import LambdaEndpoint
from local.secrets_manager import SecretsManager
from local.secrets_manager import __main__ as program

EVENT = {"Step": "createSecret", "SecretId": "arn"}
HANDLER = {"errorType": "Rejected", "errorMessage": "setSecret: no", "requestId": "1"}
UNKNOWN = {"Type": "User", "Message": "Function not found"}


@dataclass
class Lambda:
    """What an endpoint answers to every request, and what it was asked."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = "null"
    url: str = ""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@pytest.fixture
def endpoint() -> Iterator[Lambda]:
    answer = Lambda()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            event = self.rfile.read(int(self.headers["Content-Length"]))
            answer.asked.append((self.path, json.loads(event)))
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        answer.url = f"http://127.0.0.1:{server.server_port}"
        yield answer
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("function", ["PostgresSingleUser", f"{ARN_PREFIX}PostgresSingleUser:1"])
def test_a_function_is_invoked_by_its_name(function: str, endpoint: Lambda) -> None:
    LambdaEndpoint(endpoint.url).invoke(function, EVENT)
    assert endpoint.asked == [("/2015-03-31/functions/PostgresSingleUser/invocations", EVENT)]


@pytest.mark.parametrize(
    ("status", "headers", "body", "failure"),
    [
        (200, {"X-Amz-Function-Error": "Unhandled"}, HANDLER, ("Rejected", "setSecret: no")),
        (200, {}, HANDLER, ("Rejected", "setSecret: no")),
        (200, {"X-Amz-Function-Error": "Unhandled"}, "oops", ("Unhandled", '"oops"')),
        (404, {}, UNKNOWN, ("User", "Function not found")),
        (502, {}, None, ("HTTP 502", "the endpoint answered 502")),
    ],
)
def test_a_failure_keeps_its_type_and_message(
    status: int,
    headers: dict[str, str],
    body: object,
    failure: tuple[str, str],
    endpoint: Lambda,
) -> None:
    endpoint.status, endpoint.headers, endpoint.body = status, headers, json.dumps(body)
    with pytest.raises(FunctionError) as failed:
        LambdaEndpoint(endpoint.url).invoke("F", EVENT)
    assert (failed.value.type, failed.value.message) == failure


def test_where_nothing_listens_it_says_what_has_to() -> None:
    with pytest.raises(FunctionError, match=r"no answer from .*start-lambda"):
        LambdaEndpoint(f"http://127.0.0.1:{free_port()}").invoke("F", EVENT)


@pytest.mark.parametrize("url", ["https://127.0.0.1:3001", "http://", "in-process"])
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="is no Lambda endpoint; give one such as http://"):
        LambdaEndpoint(url)


def test_rotate_secret_sees_a_failed_step_with_its_error(endpoint: Lambda) -> None:
    endpoint.headers, endpoint.body = {"X-Amz-Function-Error": "Unhandled"}, json.dumps(HANDLER)
    with SecretsManager(LambdaEndpoint(endpoint.url), retries=0) as service:
        client = service.client()
        arn = client.create_secret(Name="app", SecretString="{}")["ARN"]
        client.rotate_secret(SecretId=arn, RotationLambdaARN=f"{ARN_PREFIX}F")
        ended = service.wait_for_rotation(arn)
    assert ended.state == "failed"
    assert [(step.name, step.error_type) for step in ended.steps] == [("createSecret", "Rejected")]
    assert endpoint.asked[0][1]["SecretId"] == arn


def test_the_service_alone_takes_an_endpoint_as_its_home(endpoint: Lambda) -> None:
    where = program._where(endpoint.url)
    assert isinstance(where, LambdaEndpoint)
    with SecretsManager() as service, program._functions(service, where) as home:
        assert home is where


def test_a_function_of_ones_own_runs_here_and_all_others_at_the_endpoint(endpoint: Lambda) -> None:
    events: list[object] = []
    service = SecretsManager(LambdaEndpoint(endpoint.url))
    service.add_function("Own", lambda event, _context: events.append(event))
    service.home.invoke("Own", EVENT)
    service.home.invoke("F", EVENT)
    assert events == [EVENT]
    assert [path for path, _ in endpoint.asked] == ["/2015-03-31/functions/F/invocations"]


@pytest.mark.parametrize("home", ["lambda", "ftp://127.0.0.1"])
def test_another_home_is_refused_with_the_choices(home: str) -> None:
    with pytest.raises(typer.BadParameter, match="or choose from in-process, emulator"):
        program._where(home)
