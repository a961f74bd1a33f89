"""The emulator: a built function alone, on loopback only, whose every failure is told."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from local import template
from local.build import artifacts
from local.functions import rie
from local.functions.emulator import Built, Emulator, built_functions
from local.functions.home import Configuration, FunctionError

ARN = "arn:aws:lambda:us-east-1:123456789012:function:Tiny"
TINY = """
import json, os, socket, sys, time
print("cold start", flush=True)

def handler(event, context):
    for module in event.get("import", []):
        try:
            __import__(module)
        except ImportError:
            print("absent", module, flush=True)
        else:
            print("present", module, flush=True)
    if "raise" in event:
        raise LookupError(event["raise"])
    if "exit" in event:
        os._exit(event["exit"])
    time.sleep(event.get("sleep", 0))
    if "tell" in event:
        seen = {
            "environment": dict(os.environ),
            "path": sys.path,
            "folder": os.getcwd(),
            "pid": os.getpid(),
            "parent": os.getppid(),
            "left": context.get_remaining_time_in_millis(),
            "memory": context.memory_limit_in_mb,
            "name": context.function_name,
        }
        with open(event["tell"], "w") as told:
            json.dump(seen, told)
    if "answer" in event:
        return event["answer"]
"""


@pytest.fixture
def tiny(tmp_path: Path) -> Built:
    (tmp_path / "artifact").mkdir()
    (tmp_path / "artifact" / "tiny.py").write_text(TINY)
    environment = {"OWN": "function", "BOTH": "function"}
    return Built(tmp_path / "artifact", "tiny.handler", 2, 128, environment)


@pytest.fixture
def home(tiny: Built, tmp_path: Path) -> Iterator[Emulator]:
    caller = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:9", "BOTH": "caller"}
    with Emulator({"Tiny": tiny}, logs=tmp_path / "logs", environment=caller) as emulator:
        yield emulator


@pytest.fixture
def tell(home: Emulator, tmp_path: Path) -> Callable[[], dict[str, object]]:
    """What the function sees of its world."""

    def ask() -> dict[str, object]:
        home.invoke("Tiny", {"tell": str(tmp_path / "told.json")})
        seen: dict[str, object] = json.loads((tmp_path / "told.json").read_text())
        return seen

    return ask


Tell = Callable[[], dict[str, object]]


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def alive(pid: int) -> bool:
    """Tell whether it runs; a zombie that no one has reaped yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid: int, within: float = 5.0) -> bool:
    deadline = time.monotonic() + within
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def test_it_stays_warm_and_is_found_by_name_and_arn(home: Emulator, tell: Tell) -> None:
    first = tell()["pid"]
    home.invoke(ARN, {})
    assert tell()["pid"] == first
    assert home.log("Tiny").read_text().count("cold start") == 1
    assert [event.message for event in home.log_events(ARN)].count("cold start") == 1
    own = {"OWN": "function", "BOTH": "function"}
    assert home.configuration(ARN) == Configuration("tiny.handler", 2, 128, environment=own)
    assert home.configuration("None") is None


def test_it_knows_its_functions_only(home: Emulator) -> None:
    assert home.knows(ARN)
    assert not home.knows("Other")
    with pytest.raises(FunctionError, match="Other") as failed:
        home.invoke("Other", {})
    assert failed.value.type == "ResourceNotFoundException"


def test_it_sees_lambdas_variables_the_callers_and_nothing_of_this_process(
    tell: Tell, tiny: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "real-account")
    monkeypatch.setenv("HOME_SECRET", "of this process")
    seen = tell()["environment"]
    assert isinstance(seen, dict)
    assert "HOME_SECRET" not in seen
    assert "AWS_PROFILE" not in seen
    expected = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:9",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
        "AWS_LAMBDA_FUNCTION_NAME": "Tiny",
        "AWS_REGION": "us-east-1",
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "BOTH": "caller",
        "LAMBDA_TASK_ROOT": str(tiny.artifact),
        "OWN": "function",
        "_HANDLER": "tiny.handler",
    }
    assert expected.items() <= seen.items()


def test_it_has_the_declared_time_and_memory(tell: Tell) -> None:
    seen = tell()
    assert isinstance(seen["left"], int)
    assert 0 < seen["left"] <= 2000
    assert (seen["memory"], seen["name"]) == ("128", "Tiny")


def test_it_sees_the_artifact_and_the_runtime_only(home: Emulator, tell: Tell, tiny: Built) -> None:
    seen = tell()
    path = seen["path"]
    assert isinstance(path, list)
    assert seen["folder"] == path[0] == str(tiny.artifact)
    assert not [each for each in path if ".venv" in each or each in {"", str(artifacts.ROOT)}]
    home.invoke("Tiny", {"import": ["shared", "rotators", "local", "psycopg", "moto", "boto3"]})
    log = home.log("Tiny").read_text()
    for absent in ("shared", "rotators", "local", "psycopg", "moto"):
        assert f"absent {absent}\n" in log
    assert "present boto3\n" in log


def test_it_listens_on_loopback_only(tell: Tell) -> None:
    pid = tell()["pid"]
    assert isinstance(pid, int)
    inodes = set()
    for process in (pid, parent_of(pid)):
        for descriptor in Path(f"/proc/{process}/fd").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                inodes.add(str(descriptor.readlink()))
    addresses = []
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                addresses.append(fields[1].partition(":")[0])
    assert addresses == ["0100007F", "0100007F"]  # 127.0.0.1, as the kernel writes it


def test_a_handlers_error_is_told_and_the_process_kept(home: Emulator, tell: Tell) -> None:
    first = tell()["pid"]
    with pytest.raises(FunctionError) as failed:
        home.invoke("Tiny", {"raise": "not here"})
    assert (failed.value.type, failed.value.message) == ("LookupError", "not here")
    assert tell()["pid"] == first


def test_a_crash_is_told_and_the_next_call_starts_afresh(home: Emulator, tell: Tell) -> None:
    first = tell()["pid"]
    with pytest.raises(FunctionError, match="exit status 3") as failed:
        home.invoke("Tiny", {"exit": 3})
    assert failed.value.type == "Runtime.ExitError"
    assert tell()["pid"] != first


def test_a_timeout_is_told_and_the_next_call_starts_afresh(home: Emulator, tell: Tell) -> None:
    first = tell()["pid"]
    with pytest.raises(FunctionError, match="timed out after 2") as failed:
        home.invoke("Tiny", {"sleep": 60})
    assert failed.value.type == "Sandbox.Timedout"
    assert tell()["pid"] != first


def test_an_emulator_that_dies_is_told_and_started_again(home: Emulator, tell: Tell) -> None:
    first = tell()["pid"]
    assert isinstance(first, int)
    killer = threading.Timer(0.3, os.kill, (parent_of(first), signal.SIGKILL))
    killer.start()
    with pytest.raises(FunctionError) as failed:
        home.invoke("Tiny", {"sleep": 60})
    assert failed.value.type == "Runtime.ExitError"
    assert gone(first)
    assert tell()["pid"] != first


def test_a_handler_that_is_not_there_is_told(tiny: Built, tmp_path: Path) -> None:
    absent = Built(tiny.artifact, "nowhere.handler", 2)
    with Emulator({"Tiny": absent}, logs=tmp_path / "logs") as home:
        for _ in range(2):
            with pytest.raises(FunctionError) as failed:
                home.invoke("Tiny", {})
            assert failed.value.type == "Runtime.ImportModuleError"


def test_any_answer_that_is_no_error_is_success(home: Emulator) -> None:
    for answer in (None, "text", "Task done", 1, ["errorType"], {"error": "a field"}):
        home.invoke("Tiny", {"answer": answer})


def test_calls_at_once_wait_for_each_other(home: Emulator) -> None:
    failures: list[FunctionError] = []

    def call() -> None:
        try:
            home.invoke("Tiny", {"sleep": 0.05})
        except FunctionError as error:
            failures.append(error)

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert home.log("Tiny").read_text().count("cold start") == 1


def test_closing_ends_both_processes(home: Emulator, tell: Tell) -> None:
    pid = tell()["pid"]
    assert isinstance(pid, int)
    emulator = parent_of(pid)
    home.close()
    assert gone(pid)
    assert gone(emulator)


def test_the_processes_die_with_a_killed_parent_even_in_mid_call(
    tiny: Built, tmp_path: Path
) -> None:
    program = f"""
import sys, threading
sys.path.insert(0, {str(artifacts.ROOT)!r})
from pathlib import Path
from local.functions.emulator import Built, Emulator
home = Emulator({{"Tiny": Built(Path({str(tiny.artifact)!r}), "tiny.handler", 60)}},
                logs=Path({str(tmp_path / "logs")!r}))
home.invoke("Tiny", {{"tell": {str(tmp_path / "told.json")!r}}})
threading.Thread(target=home.invoke, args=("Tiny", {{"sleep": 50}})).start()
print("busy", flush=True)
threading.Event().wait()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"busy\n"
        time.sleep(0.2)
        pid = json.loads((tmp_path / "told.json").read_text())["pid"]
        emulator = parent_of(pid)
        parent.kill()
    assert gone(emulator)
    assert gone(pid)


def test_the_log_is_for_its_owner_only(home: Emulator) -> None:
    home.invoke("Tiny", {})
    assert home.log("Tiny").stat().st_mode & 0o077 == 0


def test_the_emulator_is_one_small_file() -> None:
    rie.emulator()
    kept = {path.name for path in rie.FOLDER.iterdir()} - {".lock", rie.emulator().name}
    assert not [name for name in kept if not name.startswith("aws-lambda-rie-")]


@pytest.mark.parametrize("function", template.functions())
def test_every_built_function_refuses_a_strange_event_by_name(
    function: str, tmp_path: Path
) -> None:
    with (
        Emulator(built_functions(), logs=tmp_path) as home,
        pytest.raises(FunctionError, match="ClientRequestToken") as failed,
    ):
        home.invoke(function, {"Step": "createSecret"})
    assert failed.value.type == "InvalidEvent"


@pytest.mark.parametrize("function", template.functions())
def test_the_rotation_token_is_in_no_log(function: str, tmp_path: Path) -> None:
    event = json.loads((artifacts.ROOT / "events" / function / "createSecret.json").read_text())
    nothing_there = {"AWS_ENDPOINT_URL_SECRETS_MANAGER": "http://127.0.0.1:9"}
    with (
        Emulator(built_functions(), logs=tmp_path, environment=nothing_there) as home,
        pytest.raises(FunctionError, match="Secrets Manager") as failed,
    ):
        home.invoke(function, event)
    assert failed.value.type == "Unreachable"
    log = home.log(function).read_text()
    assert event["SecretId"] in log
    assert event["RotationToken"] not in log
