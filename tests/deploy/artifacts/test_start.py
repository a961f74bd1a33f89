"""What a start of a function loads and does; lists and counts, as times say little here."""

import json
import subprocess
from typing import Any

import pytest

from local.build import artifacts
from local.functions.built import built_functions
from tests.deploy.artifacts.trees import FUNCTIONS

# Of the standard library all that the SDK loads is left out; a name with _ is Python's own affair.
TELL = """
import gc, json, sys
looked = [each["collections"] for each in gc.get_stats()]
START
print(json.dumps({
    "looked": [each["collections"] for each in gc.get_stats()] != looked,
    "looks": gc.isenabled(),
    "frozen": gc.get_freeze_count(),
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "library": sorted(sys.stdlib_module_names),
}))
"""
SDK_ALONE = "from botocore.session import Session; Session().create_client('secretsmanager')"
EVERY = {"rotators", "shared", "aws_lambda_powertools", "jmespath", "typing_extensions"}
SDK = {"botocore", "dateutil", "six", "urllib3"}
# Beside these. psycopg has an asyncio of each of its classes, and adapters for its types.
PACKAGES = {
    "postgres": {"psycopg", "psycopg_binary", "cython_runtime"},
    "mysql": {"pymysql"},
    "http_api_key": set(),
    "generated": {"cryptography"},
    "iam": set(),
    "valkey": {"hiredis"},
}
LIBRARY = {
    "postgres": {"asyncio", "ctypes", "sysconfig", "zoneinfo"},
    "mysql": set(),
    "http_api_key": set(),
    "generated": set(),
    "iam": set(),
    "valkey": set(),
}


def told(function: str, start: str) -> dict[str, Any]:
    """By the function's own Python, with what Lambda has in its environment."""
    done = subprocess.run(
        [artifacts.LAMBDA_PYTHON, "-s", "-P", "-B", "-c", TELL.replace("START", start)],
        env=built_functions()[function].variables(function),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def started(function: str) -> dict[str, Any]:
    return told(function, f"import {built_functions()[function].handler.rpartition('.')[0]}")


def public(names: list[str]) -> set[str]:
    return {name for name in names if not name.startswith("_")}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_loads_these_packages_and_no_others(function: str) -> None:
    answer = started(function)
    packages = public(answer["modules"]) - set(answer["library"])
    assert packages == EVERY | SDK | PACKAGES[FUNCTIONS[function].rotator]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_of_the_standard_library_it_loads_little_that_the_sdk_does_not(function: str) -> None:
    answer, alone = started(function), told(function, SDK_ALONE)
    more = public(answer["modules"]) & set(answer["library"]) - set(alone["modules"])
    assert more == {"secrets"} | LIBRARY[FUNCTIONS[function].rotator]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_it_looks_for_garbage_only_after_the_start(function: str) -> None:
    answer = started(function)
    assert (answer["looked"], answer["looks"]) == (False, True)
    assert answer["frozen"] > 10_000
