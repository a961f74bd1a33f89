"""`rotctl check FILE`: what a file is judged as, its faults by field, and what is risky."""

import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest

from local import template
from local.bootstrap import ROOT
from local.functions.home import Configuration, FunctionError, name_of
from local.functions.written import LogEvent
from local.secrets_manager import SecretsManager
from local.targets import Target
from rotctl.files import Source
from rotctl.offline import suite
from rotctl.offline.judgement import judge
from rotctl.offline.shape import Said, What
from tests.issuers.described import EXAMPLES
from tests.lab import Lab, LabSecret
from tests.rotctl.world import Ran, run

ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:rotation-admin/db-AbCdEf"
VALUE = "Sentinel-9f3c1a7e55"  # what no output may have
LOGIN = {"engine": "postgres", "host": "db.example.org", "username": "app", "password": VALUE}
MYSQL = {**LOGIN, "engine": "mysql"}
VALKEY = {**LOGIN, "engine": "valkey"}
GITLAB = {
    "issuer": "gitlab",
    "host": "gitlab.example.com",
    "project_id": "278964",
    "token_id": "42",
    "token": VALUE,
    "admin_secret_arn": ARN,
}
URL = f"postgres://app:{VALUE}@db.example.org:5432/orders"
FLAT = {
    "DB_USER": "app", "DB_PASSWORD": VALUE, "DB_HOST": "db.example.org", "DB_PORT": "5432",
    "rotation": {
        "fields": dict(zip(("username", "password", "host", "port"),
                           ("DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT"), strict=True))
    },
}  # fmt: skip
OKTA = json.loads((ROOT / "rotators/http_api_key/issuers/okta.json").read_text())
BLOCKS = re.compile(r"^```(json|text)\n(.*?)\n```$", re.MULTILINE | re.DOTALL)
PAGES = ("secrets", "strategies", "issuers", "issuer-descriptions", "deploying")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """The current folder, in which files are made that nobody else may read."""
    before = Path.cwd()
    os.chdir(tmp_path)
    yield tmp_path
    os.chdir(before)


def write(name: str, value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    file = Path(name)
    file.touch(mode=0o600)
    file.write_text(text)
    return name


def check(value: object, words: str = "") -> tuple[Ran, dict[str, Any]]:
    """The run as it is shown, and its report as JSON; neither has a value in it."""
    file = write("file.json", value)
    shown = run(f"check {words} {file}")
    document = run(f"check {words} {file} --output json")
    assert shown.code == document.code
    assert VALUE not in shown.out + shown.err + document.out + document.err
    (report,) = document.json()
    for found in report["findings"]:
        assert found["words"] in shown.out
    return shown, report


def found(report: Mapping[str, Any], verdict: str) -> list[str]:
    """What is broken, or warned of."""
    return [str(each["about"]) for each in report["findings"] if each["verdict"] == verdict]


def test_a_member_that_is_in_it_twice_is_named() -> None:
    twice = json.dumps(LOGIN).replace("{", '{"host": "other.example.org", ', 1)
    shown, report = check(twice)
    assert (shown.code, found(report, "warning")) == (0, ["host"])
    assert "'host' is in it twice, and the last one is used; take the other out" in shown.out


def test_a_description_that_is_a_list_is_called_none() -> None:
    shown, report = check([OKTA], "--description")
    assert (shown.code, len(report["findings"])) == (1, 1)
    assert "a description is a JSON object, and this is none; write it as docs/is" in shown.out


# --- what is good ---


def documents() -> Iterator[tuple[str, str]]:
    """Every secret, admin's secret and description in the pages, each with the page."""
    for page in PAGES:
        text = (ROOT / f"docs/{page}.md").read_text()
        for language, code in BLOCKS.findall(text):
            if language == "text":
                if re.match(r"\w+://", code):
                    yield page, code
            elif is_whole(json.loads(code)):
                yield page, code


def is_whole(document: Mapping[str, object]) -> bool:
    """Not a policy, a line of a log, or a part that a page explains by itself."""
    return bool({"host", "password", "issuer", "issuer_url", "base", "rotation"} & document.keys())


def test_every_document_of_the_pages_and_every_description_is_good() -> None:
    names = [write(f"{page}-{n}.json", code) for n, (page, code) in enumerate(documents())]
    names += [str(path) for path in (ROOT / "rotators/http_api_key/issuers").glob("*.json")]
    shown = run(f"check {shlex.join(names)} --output json")
    reports = shown.json()
    assert [each for each in reports if each["verdict"] == "broken"] == []
    assert shown.code == 0
    assert len(reports) > 60
    # By the default settings nothing is broken that a function's own may allow.
    assert "ISSUER_HOSTS" in {about for each in reports for about in found(each, "warning")}
    judged = {(each["what"], each["kind"]) for each in reports}
    assert judged >= {
        ("secret", "postgres"),
        ("secret", "mysql"),
        ("secret", "http-api-key"),
        ("admin's secret", "http-api-key"),
        ("admin's secret", None),
        ("issuer's description", None),
    }


@pytest.mark.parametrize(
    ("value", "words", "judged"),
    [
        (LOGIN, "", "a secret of postgres, because its engine is 'postgres'"),
        (URL, "", "a secret of postgres, because its engine is 'postgres'"),
        (FLAT, "", "a secret of postgres, because its port is 5432"),
        (LOGIN, "--admin", "an admin's secret of postgres, because you say --admin"),
        ({**LOGIN, "engine": None}, "--as mysql", "a secret of mysql, because you say --as mysql"),
        (GITLAB, "", "a secret of http-api-key, because it has 'issuer'"),
        ({"issuer_url": "https://x.example", "token": VALUE}, "",
         "an admin's secret of http-api-key, because it has 'issuer_url' and no 'issuer'"),
        ({"username": "postgres", "password": VALUE}, "",
         "an admin's secret, because it has a username and a password only, as RDS makes it"),
        ({"use": "gitlab"}, "", "an issuer's description, because it has 'use' and no 'issuer'"),
        (OKTA, "", "an issuer's description, because it has 'base' and 'probe'"),
        (OKTA, "--description", "an issuer's description, because you say --description"),
    ],
)  # fmt: skip
def test_it_says_what_it_took_the_file_for_and_why(value: object, words: str, judged: str) -> None:
    shown, report = check(value, words)
    assert (shown.code, report["findings"]) == (0, [])
    assert shown.out == f"file.json: judged as {judged}\n  ok\n"
    assert shown.err.startswith("judged by the default settings; with --function it is by ")


# --- one fault each ---


@pytest.mark.parametrize(
    ("value", "words", "field", "says"),
    [
        ({**LOGIN, "host": "db:5432"}, "", "host", "has the port in it; move that to 'port'"),
        ({**LOGIN, "host": "/run/pg"}, "", "host", "must be one host name or IP address"),
        ({**LOGIN, "port": 99999}, "", "port", "must be a port from 1 to 65535"),
        ({**LOGIN, "username": None}, "", "username", "is missing; add it to the secret"),
        ({**LOGIN, "username": "a" * 64}, "", "username", "is longer than 63"),
        ({**LOGIN, "password": ""}, "", "password", "a string of at least one character"),
        ({**LOGIN, "dbname": 5}, "", "dbname", "must be a string"),
        ({**LOGIN, "ssl": "maybe"}, "", "ssl", "must be true or false"),
        ({**LOGIN, "ssl": False}, "", "ssl", "switches TLS off, which this function does not"),
        ({**LOGIN, "tls_host": "a b"}, "", "tls_host", "must be one host name"),
        ({**LOGIN, "engine": "oracle"}, "", "engine", "none that these functions rotate"),
        (LOGIN, "--as mysql", "engine", "is not one this function rotates"),
        ({**LOGIN, "rotation": []}, "", "rotation", "must be"),
        ({**LOGIN, "rotation": {"password_length": 8}}, "", "rotation.password_length",
         "must be 32 at least"),
        ({**LOGIN, "rotation": {"pasword_length": 40}}, "", "rotation.pasword_length",
         "did you mean 'rotation.password_length'?"),
        ({**LOGIN, "rotation": {"log_level": "debug"}}, "", "rotation.log_level",
         "is for the function to say"),
        ({**MYSQL, "rotation": {"password_length": 300}}, "", "rotation.password_length",
         "more than the 256 that mysql takes"),
        ({**VALKEY, "username": "an app"}, "", "username", "has white space in it"),
        ({**VALKEY, "nodes": ["db:0"]}, "", "nodes", "not a host and a port"),
        ({**VALKEY, "persistence": "disk"}, "", "persistence", "none of aclfile, config and none"),
        ({**FLAT, "DB_HOST": "db:1"}, "", "DB_HOST", "move that to 'DB_PORT'"),
        ({**FLAT, "rotation": {"fields": {"username": "NONE"}}}, "", "rotation.fields.username",
         "names a field that the secret does not have"),
        ({"U": URL, "password": "other-than-there", "rotation": {"urls": ["U"]}}, "", "U",
         "the password in 'U' of the secret is not that in 'password'"),
        (f"{URL}\n", "", "SecretString", "white space before or behind it"),
        (URL.replace("postgres:", "amqp:"), "", "engine", "none that these functions rotate"),
        ("a plain string", "", "SecretString", "neither a JSON object nor a connection URL"),
        ("[1]", "", "SecretString", "neither a JSON object"),
        ('{"a": ', "", "SecretString", "is not JSON"),
        ({"a": 1}, "", "None", "nothing in it says what it is for"),
        ({**LOGIN, "more": "x" * 65536}, "", "None", "and a secret's value may have 65,536"),
        ({**LOGIN, "password": None}, "--admin", "password", "of the admin's secret is missing"),
        ({**LOGIN, "rotation": {"x": 1}}, "--admin", "rotation.x", "not one that it may have"),
        ({**GITLAB, "token": "two\nlines"}, "", "token", "visible ASCII"),
        ({**GITLAB, "token_id": None}, "", "token_id", "is missing; add it to the secret"),
        ({**GITLAB, "admin_secret_arn": VALUE}, "", "admin_secret_arn", "not the ARN of a secret"),
        ({**GITLAB, "issuer": "gitlap"}, "", "issuer.use", "is not a description of ours"),
        ({**GITLAB, "rotation": {"password_overlap": True}}, "", "rotation.password_overlap",
         "is not one that it may have"),
        ({"issuer_url": "http://x.example"}, "", "issuer_url", "must be an https:// URL"),
        ({"issuer_url": "https://x.example", "inline": 1}, "", "inline", "true or false"),
        ({"issuer_url": "https://x.example", "allow": "*"}, "", "allow", "a list of objects"),
        ({"issuer_url": "https://x.example", "reset": "a"}, "", "reset", "a list of names"),
        ({**OKTA, "base": None}, "", "issuer.base", "the description in the secret: issuer.base"),
        ({**OKTA, "prove": {}}, "", "issuer.prove", "is not known; there are admin, auth"),
    ],
)  # fmt: skip
def test_one_fault_is_told_by_its_field(value: object, words: str, field: str, says: str) -> None:
    shown, report = check(value, words)
    assert shown.code == 1
    assert found(report, "broken") == [field]
    (fault,) = [each for each in report["findings"] if each["verdict"] == "broken"]
    assert says in f"{fault['words']}; {fault['do']}"
    assert fault["do"]


def test_all_faults_that_can_be_told_are_told_at_once() -> None:
    wishes = {"password_length": 8, "exclude_numbers": "maybe"}
    wrong = {**LOGIN, "host": "db:1", "port": "x", "ssl": "no", "username": "", "rotation": wishes}
    fields = {"host", "port", "ssl", "username"}
    asked = {"rotation.password_length", "rotation.exclude_numbers"}
    assert set(found(check(wrong)[1], "broken")) == fields | asked
    flat = {**FLAT, "DB_HOST": "db:1", "DB_PORT": "x", "DB_USER": ""}
    assert set(found(check(flat, "--as postgres")[1], "broken")) == {
        "DB_HOST",
        "DB_PORT",
        "DB_USER",
    }
    bare = {"issuer": "gitlab", "token": VALUE, "host": "gitlab.example.com"}
    missing = {"admin_secret_arn", "project_id", "token_id"}
    assert set(found(check(bare)[1], "broken")) == missing
    # A member that nobody reads may be why something is missing, so that is not told as well.
    misspelt = {**FLAT, "rotation": {"field": FLAT["rotation"]}}
    assert found(check(misspelt, "--as postgres")[1], "broken") == ["rotation.field"]


def test_the_words_are_those_of_a_rotation(lab: Lab) -> None:
    for value, function in (
        ({**LOGIN, "host": "db:5432"}, "PostgresSingleUser"),
        ({**LOGIN, "rotation": {"password_length": 8}}, "PostgresSingleUser"),
        ({**MYSQL, "rotation": {"password_length": 300}}, "MySqlSingleUser"),
        ({**GITLAB, "token": None}, "HttpApiKey"),
    ):
        (fault,) = check(value)[1]["findings"]
        target = cast("Target", SimpleNamespace(function=function, settings={}))
        name, text = f"checked/{uuid.uuid4()}", json.dumps(value)
        arn = lab.client.create_secret(Name=name, SecretString=text)["ARN"]
        outcome = LabSecret(lab, target, arn, lab.functions.add(target)).rotate()
        assert f"createSecret: {fault['words']}; {fault['do']}" in str(outcome.error)


# --- what is risky ---


@pytest.mark.parametrize(
    ("value", "words", "field", "says"),
    [
        ({**LOGIN, "password": "short"}, "", "password", "is shorter than 12 characters"),
        ({**LOGIN, "sslmode": "x", "tlshost": "db"}, "", "tlshost", "call it 'tls_host' if"),
        ({**LOGIN, "dbInstanceIdentifier": "orders"}, "", "host", "if it is a CNAME"),
        ({**LOGIN, "engine": "aurora-postgresql"}, "", "host", "no name of RDS's"),
        ({**LOGIN, "host": "app.proxy-abc.eu-west-1.rds.amazonaws.com"}, "", "host",
         "is an RDS Proxy"),
        ({**LOGIN, "ssl": False}, "--admin", "ssl", "switches TLS off"),
        ({**LOGIN, "username": "a_clone_clone", "masterarn": ARN}, "", "username",
         "postgres alternating users would refuse it: the user name 'a_clone_clone' ends in"),
        ({**LOGIN, "masterarn": VALUE}, "", "masterarn", "is not the ARN of a secret"),
        ({**GITLAB, "issuer": {"use": "gitlab", "auth": {"bearer": "{key}"}}}, "", "issuer",
         'the admin\'s secret must say "inline": true'),
    ],
)  # fmt: skip
def test_what_is_accepted_and_risky_is_a_warning(
    value: object, words: str, field: str, says: str
) -> None:
    shown, report = check(value, words)
    assert shown.code == 0
    assert found(report, "broken") == []
    assert found(report, "warning") == [field]
    assert says in shown.out


def test_what_a_warning_advises_ends_it() -> None:
    rds = "orders.abc.eu-west-1.rds.amazonaws.com"
    for good in (
        {**LOGIN, "dbInstanceIdentifier": "orders", "host": rds},
        {**LOGIN, "dbInstanceIdentifier": "orders", "tls_host": rds},
        {**LOGIN, "tls_host": rds, "some_other_field": 1},
    ):
        assert check(good)[1]["findings"] == []
    file = write("open.json", LOGIN)
    Path(file).chmod(0o644)
    shown = run(f"check {file}")
    assert "others on this machine may open the file (mode 644)" in shown.out
    (advice,) = re.findall(r"`(chmod .*)`", shown.out)
    subprocess.run(shlex.split(advice), check=True)
    assert run(f"check {file}").out.endswith("\n  ok\n")


# --- by a function's own settings ---


class Deployed:
    """Functions that only say how they are set up."""

    functions: Mapping[str, Configuration] = {
        name: Configuration(f"rotators.{handler}", 60, 256, environment=variables)
        for name, handler, variables in (
            ("Strict", "postgres.single_user", {"PASSWORD_LENGTH": "64", "LOG_LEVEL": "INFO"}),
            ("Lenient", "postgres.single_user", {"ALLOW_UNENCRYPTED": "true"}),
            ("Pair", "postgres.alternating_users", {"TLS_CA_BUNDLE": "shared/ours.pem"}),
            ("Keys", "http_api_key.lambda_handler",
             {"ISSUER": json.dumps(EXAMPLES["A secret that is one plain string"][0])}),
            ("Wrong", "postgres.single_user", {"PASSWORD_LENGTH": "3"}),
            ("Newer", "postgres.triple_user", {}),
            ("Foreign", "..lambda_function.lambda_handler", {}),
        )
    }  # fmt: skip

    def invoke(self, function: str, event: Mapping[str, object], /) -> None:
        raise FunctionError(function, str(event))

    def knows(self, function: str, /) -> bool:
        return name_of(function) in self.functions

    def configuration(self, function: str, /) -> Configuration | None:
        return self.functions.get(name_of(function))

    def log_events(self, _function: str, /) -> Sequence[LogEvent]:
        return []


@pytest.fixture(scope="module")
def deployed() -> Iterator[Mapping[str, str]]:
    with SecretsManager(Deployed()) as service:
        yield {**service.environment, **service.neighbours}


def test_a_deployed_functions_settings_decide(deployed: Mapping[str, str]) -> None:
    asking = {**LOGIN, "rotation": {"password_length": 40}}
    unencrypted = {**LOGIN, "ssl": False}
    plain = {**LOGIN, "username": "a_clone_clone", "masterarn": ARN}
    with mock.patch.dict(os.environ, deployed):
        for value, function, broken, warned in (
            (asking, "Strict", ["rotation.password_length"], []),
            (asking, "arn:aws:lambda:us-east-1:123456789012:function:Lenient", [], []),
            (unencrypted, "Lenient", [], ["ssl"]),
            (unencrypted, "Strict", ["ssl"], []),
            (plain, "Pair", ["username"], []),
            (LOGIN, "Pair", ["masterarn"], []),
            ("ks_initial", "Keys", [], []),
        ):
            shown, report = check(value, f"--function {function}")
            assert (found(report, "broken"), found(report, "warning")) == (broken, warned)
            assert "default settings" not in shown.err
        shown, _ = check(LOGIN, "--admin --function Pair")
        assert "an admin's secret of postgres, because you say --admin" in shown.out


def test_without_a_function_the_templates_defaults_are_assumed() -> None:
    for function in template.functions().values():
        given = {name for name, value in function.environment.items() if value}
        assert given == {"LOG_LEVEL"}


# --- what cannot be judged ---


def test_what_keeps_it_from_judging_is_one_line(deployed: Mapping[str, str]) -> None:
    file = write("file.json", LOGIN)
    with mock.patch.dict(os.environ, deployed):
        for words, says in (
            ("", "check takes FILEs, or one of --stored, --prefix, --tag and --all; give one"),
            (f"{file} --all", "check takes FILEs, or one of --stored"),
            ("none.json", "none.json: it cannot be read (No such file or directory); check the"),
            (
                f"{file} --as oracle",
                "no such kind; give one of generated, http-api-key, iam, mysql, postgres",
            ),
            (f"{file} --admin --description", "--admin and --description exclude each other"),
            (f"{file} --as mysql --function Pair", "--as and --function exclude each other"),
            (f"{file} --function Wrong", "the function fails every step: the minimums add up"),
            (f"{file} --function Newer", "there is no handler rotators.postgres.triple_user here"),
            (f"{file} --function Foreign", "Foreign is none of these functions, by its handler"),
            (f"{file} --function None", "Lambda GetFunctionConfiguration of 'None' in us-east-1"),
        ):
            refused = run(f"check {words}")
            assert (refused.code, refused.out) == (2, ""), words
            assert refused.err.startswith("rotctl: ")
            assert refused.err.count("\n") == 1
            assert says in refused.err


def test_a_driver_that_is_not_installed_is_told_with_the_command() -> None:
    file = write("file.json", LOGIN)
    suite.functions.cache_clear()
    with mock.patch.dict(sys.modules, {"pymysql": None}):
        for name in [each for each in sys.modules if each.startswith("rotators.mysql")]:
            del sys.modules[name]
        refused = run(f"check {file}")
    assert refused.code == 2
    assert "by the functions' own code, which needs pymysql here; install" in refused.err
    assert "`pipx install --force .`" in refused.err
    assert refused.err.count("\n") == 1


def test_the_input_and_what_is_no_text() -> None:
    assert run("check -", typed=json.dumps(LOGIN)).out.startswith("-: judged as a secret of post")
    assert run("check -", typed=f"{json.dumps(LOGIN)}\n").code == 0
    assert run("check -", typed=URL).code == 0
    for raw, says in (
        (b"\xff\xfe", "it is no text in UTF-8"),
        (b"\xef\xbb\xbf{}", "it begins with a byte order mark"),
    ):
        Path("raw.json").write_bytes(raw)
        shown = run("check raw.json")
        assert shown.code == 1
        assert f"  broken: {says}" in shown.out
    assert VALUE not in repr(Source("f", VALUE, []))


ODD: tuple[object, ...] = (
    *(None, True, 1.5, -1, 10**30, "", "\0", "\ud800", VALUE, [], {}, [VALUE], [[VALUE]]),
    *({"use": VALUE}, {"fields": {"password": VALUE}}, {"urls": [VALUE]}),
)
MARKS = ("rotation", "engine", "issuer", "use", "base", "probe", "allow", "reset", "inline")


def test_no_odd_value_ends_it_or_is_shown() -> None:
    known = suite.functions()
    for document in (LOGIN, FLAT, GITLAB, OKTA):
        for field, odd, what in itertools.product({*document, *MARKS}, ODD, (None, What.ADMIN)):
            judged = judge(json.dumps({**document, field: odd}), Said(what=what), known)
            for each in judged.findings:
                assert VALUE not in f"{each.about}: {each}", (field, odd)
                assert each.do


def test_it_needs_no_more_than_what_is_installed(folder: Path) -> None:
    """As from a wheel: the three packages, and nothing else of the repository."""
    for package in ("rotctl", "rotators", "shared"):
        (folder / package).symlink_to(ROOT / package)
    file = write("file.json", {**LOGIN, "host": "db:1"})
    command = [sys.executable, "-m", "rotctl", "check", file]
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    assert ran.returncode == 1, ran.stderr
    assert "  broken: field 'host' of the secret has the port in it; move" in ran.stdout


def test_a_secret_of_generated_values_is_known_by_its_rules_and_judged_by_them() -> None:
    for kind, faults in (("hex", []), ("md5", ["rotation.generate.key"])):
        secret = {"key": None, "rotation": {"generate": {"key": kind}}}
        judged = judge(json.dumps(secret), Said(), suite.functions())
        assert judged.taken is not None
        assert judged.taken.kind == "generated"
        assert [each.about for each in judged.findings] == faults
