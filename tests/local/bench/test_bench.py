"""`make bench` with the smallest numbers: each part has its rows, whatever they say."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import template
from local.bench import __main__ as bench
from local.bench import connections, memory, reference, rotations, scale, starts
from local.bench.prices import Architecture, dollars
from local.bench.quota import NoQuotaError, quota
from local.bench.running import Bench, Counts, opened
from local.bench.table import WORDS, Row, drawn, markdown
from local.bootstrap import ROOT
from local.functions.built import built_functions

SMALLEST = Counts(starts=1, cold=1, rotations=1, logins=1, memories=(256,))
FUNCTIONS = set(template.functions())
ARCHITECTURES = ("x86_64", "arm64")
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
# In place of one of AWS's: it moves the labels, and sets no password.
STAND_IN = """
import os
import boto3

with open('/etc/pki/tls/cert.pem') as file:
    assert "CERTIFICATE" in file.read()

def lambda_handler(event, context):
    client = boto3.client("secretsmanager", endpoint_url=os.environ["SECRETS_MANAGER_ENDPOINT"])
    secret, token = event["SecretId"], event["ClientRequestToken"]
    value = client.get_secret_value(SecretId=secret)
    if event["Step"] == "createSecret":
        client.put_secret_value(
            SecretId=secret, ClientRequestToken=token, SecretString=value["SecretString"],
            VersionStages=["AWSPENDING"],
        )
    if event["Step"] == "finishSecret":
        client.update_secret_version_stage(
            SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token,
            RemoveFromVersionId=value["VersionId"],
        )
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    for users in ("Single", "Multi"):
        module = folder / f"SecretsManagerRDSMariaDBRotation{users}User" / "lambda_function.py"
        module.parent.mkdir()
        module.write_text(STAND_IN if users == "Single" else f"{STAND_IN}\n    1 / 0\n")
    return folder


@pytest.fixture(scope="module")
def running(checkout: Path) -> Iterator[Bench]:
    other = {"HttpApiKey": built_functions()["HttpApiKey"]}
    with pytest.MonkeyPatch.context() as patch, opened(SMALLEST, other, checkout, print) as made:
        patch.setattr(reference, "drivers", lambda: checkout)
        yield made


def may_give_quotas() -> bool:
    try:
        with quota(0.5):
            return True
    except NoQuotaError:
        return False


def test_each_start_stands_beside_the_bare_client(running: Bench) -> None:
    rows = list(starts.rows(running))
    beside = Counter((row.of, row.beside) for row in rows)
    theirs = {"AWS's for MariaDB"}
    assert beside == {
        **{(name, "boto3 and client"): 1 for name in FUNCTIONS | theirs},
        ("HttpApiKey", "before"): 1,
    }


def test_each_step_memory_and_cost_is_measured_where_a_quota_can_be_given(running: Bench) -> None:
    if not may_give_quotas():
        with pytest.raises(NoQuotaError):
            list(memory.rows(running))
        return
    rows = list(memory.rows(running))
    for name in FUNCTIONS:
        beside = "before" if name == "HttpApiKey" else "at 256 MB"
        own = [(row.part, row.what, row.beside) for row in rows if row.of == name]
        more = "no shorter from, MB", "peak, MB"
        assert own == [
            ("step", "start, ms", beside),
            *(("step", f"{step} at 256 MB, ms", beside) for step in STEPS),
            ("memory", "steps at 256 MB, ms", "at 256 MB"),
            *(("memory", what, "MemorySize") for what in more),
            ("memory", "zipped, MB", "limit"),
            ("cost", "calls to Secrets Manager", ""),
            *(("cost", f"10,000 at 256 MB, {each}, $", "at 256 MB") for each in ARCHITECTURES),
        ]
    assert all(row.figure for row in rows)


def test_each_choice_of_authorities_stands_beside_a_single_one(running: Bench) -> None:
    rows = list(connections.rows(running))
    assert Counter(row.of.partition(",")[0] for row in rows) == {"psycopg": 3, "PyMySQL": 3}
    assert {row.beside for row in rows} == {connections.ALONE}


def test_each_warm_rotation_stands_beside_awss_where_that_succeeds(running: Bench) -> None:
    rows = list(rotations.rows(running))
    assert len(rows) == 2 * len(rotations.CASES)
    compared = [(row.of, row.what) for row in rows if row.beside == "AWS's"]
    of = "MySqlSingleUser, MariaDB"
    assert compared == [(of, "steps, ms"), (of, "processor, ms")]
    assert [row.cells[-1] == "" for row in rows] == [row.beside == "" for row in rows]


def test_neither_versions_nor_other_secrets_make_a_rotation_call_more(running: Bench) -> None:
    """Of 1 to 100 versions, and beside 1 to 1,000 secrets, as `make bench` has it."""
    rows = [row for row in scale.rows(running) if row.what == "calls"]
    assert [row.of for row in rows] == [
        *("with 10 versions", "with 100 versions"),
        *(f"with {number} other secrets" for number in ("10", "100", "1,000")),
    ]
    assert {(row.figure, row.other) for row in rows} == {(8, 8)}


def test_the_command_prints_one_table() -> None:
    command = (sys.executable, "-m", "local.bench", "--only", "starts", "--starts", "1")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    heading, *rows = done.stdout.splitlines()
    assert heading.split() == [*WORDS, "figure", "its", "figure", "ratio"]
    assert [row.split()[:2] for row in rows] == [["start", name] for name in template.functions()]


def test_a_folder_without_awss_functions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="has no SecretsManagerRDS…RotationSingleUser"):
        reference.Reference(tmp_path, tmp_path, tmp_path).single()


def test_a_quota_that_nobody_may_give_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError("canary")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(NoQuotaError, match="PermissionError"), quota(0.5):
        pass


def test_each_function_has_its_ten_dearest_modules() -> None:
    command = (sys.executable, "-m", "local.bench.imports", "--tries", "1")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    blocks = (block.splitlines() for block in done.stdout.strip().split("\n\n"))
    assert {name: len(modules) for name, *modules in blocks} == dict.fromkeys(FUNCTIONS, 10)


def test_a_row_shows_three_digits_and_the_ratio() -> None:
    rows = [Row("start", "A", "ms", 1234.5, "B", 12.34), Row("cost", "A", "$", 0.5)]
    assert markdown(rows).splitlines()[2:] == [
        "| start | A | ms | B | 1,234 | 12.3 | 100.04 |",
        "| cost | A | $ |  | 0.50 |  |  |",
    ]
    assert drawn(rows).row_count == len(rows)


def test_the_document_keeps_the_last_run_with_date_machine_and_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = ["--reference", "/srv/reference", "--before", "/srv/old", "--write"]
    monkeypatch.setattr(sys, "argv", ["bench", *options])
    report = "Before.\n<!-- bench -->\nold\n<!-- /bench -->\nAfter.\n"
    written = bench.written(report, [Row("start", "A", "ms", 1.0)])
    assert "old" not in written
    assert "`make bench REFERENCE=path ARGS='--before path --write'`" in written
    assert "| start | A | ms |  | 1.00 |  |  |\n<!-- /bench -->\nAfter.\n" in written
    assert bench.written(written, []) != written
    assert bench.REPORT.read_text().count("<!-- bench -->\n") == 1


def test_a_rotations_price_is_of_its_milliseconds_requests_and_calls() -> None:
    seconds = {"start": 0.5, "createSecret": 0.0301, "setSecret": 0.1, "finishSecret": 0.0001}
    gigabyte_seconds = (0.531 + 0.1 + 0.001) / 4
    for architecture, price in ((Architecture.X86, 0.0000166667), (Architecture.ARM, 0.0000133334)):
        whole = gigabyte_seconds * price + 3 * 0.0000002 + 8 * 0.000005
        assert dollars(256, seconds, 8, architecture) == pytest.approx(whole)
