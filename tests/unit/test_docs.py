"""The documents, held against the code: names, fields, links, commands, the worked example."""

import ast
import contextlib
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, cast

import boto3
import pytest
from botocore import xform_name

from local import template
from local.build import artifacts
from local.functions.home import LambdaContext
from local.servers import Server
from local.targets import registry
from rotators.generated.backend import GeneratedValues
from rotators.http_api_key.admin import check_inline
from rotators.http_api_key.issuer import HttpIssuer
from rotators.iam.backend import AccessKeys
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.engine import PostgresEngine
from rotators.postgres.testing import PostgresTarget
from shared import errors
from shared.credentials import Login
from shared.document.value import load_value
from shared.errors import Misconfigured, Permanent, Retryable, RotationError
from shared.keys.api_key import ApiKey
from shared.passwords import PasswordPolicy
from shared.strategies import SingleUser
from shared.tls import ca_bundle
from shared.translation import ConnectionFaults
from tests.conformance import test_mysql, test_postgres, test_valkey
from tests.engines import SINGLE
from tests.issuers.issuing import ticket_with_admin
from tests.lab import Lab

ROOT = artifacts.ROOT
ISSUERS = HttpIssuer(ca_bundle({}), {})
GENERATED = GeneratedValues({})
ACCESS_KEYS = AccessKeys({})
DOCS = (
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")),
    ROOT / "clients" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)
NAMES = [str(path.relative_to(ROOT)) for path in DOCS]
LOGGING = r"LOG(GER)?\.(info|warning|error)"
# Of the AWS CLI's commands those that are no operation of a service, with their options; and the
# options that every command has.
CLI_COMMANDS = {
    ("cloudformation", "deploy"): {
        "stack-name",
        "template-file",
        "parameter-overrides",
        "capabilities",
    },
    # The CLI's own name for the endpoint, since --endpoint-url is for all commands.
    ("sns", "subscribe"): {"topic-arn", "protocol", "notification-endpoint"},
    ("logs", "tail"): {"since", "format", "filter-pattern", "follow"},
}
CLI_OPTIONS = {"output", "query", "region"}
TEXT = {name: path.read_text() for name, path in zip(NAMES, DOCS, strict=True)}


class Block(NamedTuple):
    """A fenced block: the document it is in, its language, and its lines without indentation."""

    document: str
    language: str
    code: str


def blocks(language: str) -> list[Block]:
    return [each for each in _every_block() if each.language == language]


def _every_block() -> Iterator[Block]:
    for name, text in TEXT.items():
        for match in re.finditer(r"^( *)```(\w+)\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL):
            indent, language, code = match.groups()
            yield Block(name, language, re.sub(rf"^{indent}", "", code, flags=re.MULTILINE))


def rows(document: str, first: str) -> list[list[str]]:
    """The cells of every table whose first heading is this."""
    found: list[list[str]] = []
    inside = False
    for line in TEXT[document].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif cells[0].strip() == first:
            inside = True
        elif inside and not line.startswith("|---"):
            found.append(cells)
    return found


def names(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


# --- what the documents name is there ---


@pytest.mark.parametrize("document", NAMES)
def test_every_relative_link_resolves(document: str) -> None:
    prose = re.sub(r"^ *```.*?^ *```$", "", TEXT[document], flags=re.MULTILINE | re.DOTALL)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", prose):
        path = (ROOT / document).parent / target if target else ROOT / document
        assert path.exists(), target
        assert not anchor or anchor in _anchors(path.read_text()), anchor


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", NAMES)
def test_every_make_target_is_there(document: str) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = re.findall(r"`([^`\n]+)`", TEXT[document])
    code += [block.code for block in blocks("sh") if block.document == document]
    asked = re.findall(r"\bmake ([a-z-]+)(?![a-z<-])", "\n".join(code))
    assert {each for each in asked if each != "build-"} <= targets


@pytest.mark.parametrize("document", NAMES)
def test_every_test_is_there(document: str) -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    named = re.findall(r"`(test_\w+)`", TEXT[document])
    assert not [name for name in named if f"def {name}(" not in tests]
    for path, name in re.findall(r"`(tests/[^`]+)::([^`]+)`", TEXT[document]):
        assert f"def {name}(" in (ROOT / path).read_text(), (path, name)


def test_every_name_that_a_change_touches_is_in_its_file() -> None:
    for line in re.findall(r"^(?:\d\. | {3}).*", TEXT["CONTRIBUTING.md"], re.MULTILINE):
        quoted = re.findall(r"`([^`]+)`", line)
        files = [ROOT / each for each in quoted if (ROOT / each).is_file()]
        text = "".join(file.read_text() for file in files)
        names = set(filter(re.compile(r"[A-Za-z_][\w.]+").fullmatch, quoted)) - {
            str(file.relative_to(ROOT)) for file in files
        }
        missing = [
            name for name in sorted(names) if not all(part in text for part in name.split("."))
        ]
        assert not files or missing == [], line


def test_every_threat_is_stopped_by_something_that_a_test_shows() -> None:
    threats = rows("SECURITY.md", "who")
    assert len(threats) > 10
    for who, *_, stopped, shown in threats:
        assert stopped, who
        assert re.fullmatch(r"`tests/[^`]+::test_\w+`(?:, `tests/[^`]+::test_\w+`)*", shown), who


def test_every_aws_command_has_its_operation_and_options() -> None:
    models: dict[str, Any] = {}
    for block in blocks("sh"):
        for service, operation, rest in re.findall(
            r"\baws ([a-z-]+) ([a-z-]+)(.*)$", block.code.replace("\\\n", ""), re.MULTILINE
        ):
            given = set(re.findall(r" --(?:no-)?([a-z-]+)", rest)) - CLI_OPTIONS
            if (service, operation) in CLI_COMMANDS:
                assert given <= CLI_COMMANDS[service, operation], operation
                continue
            if service not in models:
                models[service] = boto3.client(service, "us-east-1").meta.service_model
            operations = {xform_name(name, "-"): name for name in models[service].operation_names}
            shape = models[service].operation_model(operations[operation]).input_shape
            assert given <= {xform_name(member, "-") for member in shape.members}, operation


# --- nothing of the code is left out ---


def test_every_error_kind_is_explained() -> None:
    kinds = {
        name: kind.retryable
        for name, kind in vars(errors).items()
        if isinstance(kind, type)
        and issubclass(kind, RotationError)
        and kind not in (RotationError, Retryable, Permanent)
    }
    explained = {names(row[0])[0]: row[1] == "yes" for row in rows("docs/operating.md", "code")}
    assert explained == kinds


class Recorder(dict[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: set[str] = set()

    def get(self, key: str, default: object = None, /) -> str | None:  # type: ignore[override]
        self.asked.add(key)
        return None if default is None else str(default)


# Which no parameter gives, but the template itself.
OWN_TO_THE_STACK = {
    "AWS_ACCOUNT_ID",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER",
    "POWERTOOLS_METRICS_NAMESPACE",
}


def test_every_environment_variable_is_explained() -> None:
    environment = Recorder()
    PasswordPolicy.from_environment(environment)
    with contextlib.suppress(Misconfigured):  # where the system has no bundle
        ca_bundle(environment)
    for function in template.functions().values():
        environment.asked |= function.environment.keys()
    table = rows("docs/secrets.md", "variable")
    for name in OWN_TO_THE_STACK:
        assert f"`{name}`" in TEXT["docs/deploying.md"]
    assert {names(row[0])[0] for row in table} == environment.asked - OWN_TO_THE_STACK
    parameters = template.document()["Parameters"]
    assert {names(row[1])[0] for row in table} <= parameters.keys()
    assert "`LAMBDA_TASK_ROOT`" in TEXT["docs/secrets.md"]


def test_every_environment_variable_is_given_its_parameter() -> None:
    given: dict[str, str] = defaultdict(str)
    document = template.document()
    for holder in (document["Globals"]["Function"], *_properties()):
        for name, value in holder.get("Environment", {}).get("Variables", {}).items():
            given[name] += json.dumps(value)
    for variable, parameters, *_ in rows("docs/secrets.md", "variable"):
        for parameter in names(parameters):
            assert f'"{parameter}"' in given[names(variable)[0]], variable


def _properties() -> list[dict[str, Any]]:
    return [template.document()["Resources"][name]["Properties"] for name in template.functions()]


def test_every_setting_of_a_strategy_is_there_and_takes_its_value() -> None:
    known = {name for each in template.functions().values() for name in each.environment}
    words = re.findall(r"`([A-Z]+_[A-Z_]+)(?:=([\w-]+))?`", TEXT["docs/strategies.md"])
    assert {name for name, _ in words} - {"SYSTEM_USER"} <= known  # that one is a privilege
    assert {value for _, value in words} >= {"true", "on-finish", "next-rotation"}
    for name, value in words:
        if value:
            template.handler("MySqlSingleUser").build({name: value})


def test_every_log_line_is_explained() -> None:
    for line in _logged():
        assert any(_same(line, message) for message in _documented_messages()), line


def test_every_log_line_that_is_explained_is_written() -> None:
    messages = list(_documented_messages())
    assert len(messages) > 15
    for message in messages:
        assert any(_same(line, message) for line in _logged()), message


def _documented_messages() -> Iterator[str]:
    """Each line of the table; `… b` goes on after `a: ` of the one before it."""
    for _, messages, _ in rows("docs/operating.md", "level"):
        whole = ""
        for message in names(messages):
            begun = whole.partition(": ")[0]
            whole = f"{begun}: {message[2:]}" if message.startswith("… ") else message
            yield whole


@cache
def _logged() -> list[str]:
    """What the functions' code gives to a logger, but for the line that each step ends with."""
    files = [
        file for folder in ("shared", "rotators", "watch") for file in (ROOT / folder).rglob("*.py")
    ]
    nodes = [node for file in files for node in ast.walk(ast.parse(file.read_text()))]
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    logged = [each.args[0] for each in calls if re.fullmatch(LOGGING, ast.unparse(each.func))]
    texts = [each.value for each in logged if isinstance(each, ast.Constant)]
    return [str(text) for text in texts if text != "step done"]


def _same(line: str, message: str) -> bool:
    """Whether `message` is what the line writes, with any text for a `%s`, or how it begins."""
    texts = re.split("%[sr]", line)
    if not message.endswith("…"):
        return re.fullmatch("(.+)".join(map(re.escape, texts)), message) is not None
    *whole, last = re.split(r"…|'\w+'", message.removesuffix("…"))
    return texts[: len(whole)] == whole and texts[len(whole)].startswith(last)


def test_the_example_of_an_error_is_as_the_code_says_it() -> None:
    (line,) = [json.loads(b.code) for b in blocks("json") if '"ERROR"' in b.code]
    document = {"host": "db.example.org", "username": "app", "password": "x"}
    where = f"{line['backend']} {Login.parse(document, default_port=5432).address}"
    error = ConnectionFaults.at("host").no_answer.error(where).at(line["step"], line["backend"])
    assert line["message"] == str(error)
    shown = (error.code, error.retryable, error.field)
    assert shown == (line["code"], line["retryable"], line["field"])


def test_every_message_that_is_quoted_is_one_of_the_code() -> None:
    texts = " ".join(_texts())
    prose = re.sub(r"```.*?```", "", TEXT["docs/operating.md"], flags=re.DOTALL)
    quoted = re.findall(r'"([^"{}\n]{20,})"', prose)
    assert len(quoted) >= 4
    for message in quoted:
        assert message in texts, message


def _texts() -> Iterator[str]:
    """Every text of the code, and of the service as AWS words it."""
    for folder in ("shared", "rotators", "local/secrets_manager"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_every_kind_that_an_answer_means_is_one_of_the_code() -> None:
    for answer, error in rows("docs/issuers.md", "answer"):
        for name in re.findall(r"`([A-Z]\w+[a-z])`", error):
            assert hasattr(errors, name), (answer, name)


def test_every_template_parameter_is_explained() -> None:
    explained = {name for row in rows("README.md", "parameter") for name in names(row[0])}
    assert explained == template.document()["Parameters"].keys()


def test_every_function_and_server_is_named() -> None:
    functions = {names(row[0])[0] for row in rows("README.md", "function")}
    assert functions == template.functions().keys()
    servers = {names(row[0])[0]: row[-1] == "runs" for row in rows("docs/local-system.md", "name")}
    assert servers == {name: choice.usual for name, choice in registry.servers().items()}
    (only,) = [row for row in rows("docs/local-system.md", "option") if "`postgres`" in row[1]]
    assert set(names(only[1])) <= registry.targets().keys()
    code = "\n".join(path.read_text() for path in (ROOT / "local" / "servers").rglob("*.py"))
    for name in re.findall(r"TEST_\w+_DSN", code):
        assert f"`{name}`" in TEXT["docs/local-system.md"]


def test_what_it_was_tried_with_is_what_the_tests_run_on() -> None:
    table = rows("README.md", "service")
    assert table == rows("docs/deploying.md", "service")
    whole, single = ([name for row in table for name in names(row[column])] for column in (2, 3))
    conformance = {
        *(*test_postgres.SERVERS, *test_mysql.SERVERS, *test_valkey.SERVERS),
        *("pgbouncer", "rabbitmq"),
    }
    assert sorted(whole) == sorted(conformance)
    assert sorted([*whole, *single]) == sorted(registry.servers())


# --- fields and examples ---


class WatchedFields(dict[str, object]):
    """A document that remembers which fields were read."""

    def __init__(self, document: Mapping[str, object]) -> None:
        super().__init__(document)
        self.read: set[str] = set()

    def get(self, key: str, default: object = None, /) -> object:
        self.read.add(key)
        return super().get(key, default)


def examples() -> list[Block]:
    """Secrets and log lines; what is in the pages on issuers and rotctl has tests of its own."""
    own = ("docs/issuers.md", "docs/issuer-descriptions.md", "docs/rotctl.md")
    other = ("_aws", '"Statement"')  # metrics, and policies
    found = [b for b in blocks("json") if b.document not in own]
    return [b for b in found if not any(word in b.code for word in other)]


def parse(code: str) -> str:
    """Parse by what kind of secret it is; the kind."""
    document = load_value(code)
    rotation = document.get("rotation")
    if isinstance(rotation, Mapping) and "generate" in rotation:
        GENERATED.check(GENERATED.parse(document))
        return "generated"
    if "access_key_id" in document:
        ACCESS_KEYS.check_wishes(ACCESS_KEYS.parse(document))
        return "access key"
    if "owner" in document:
        ISSUERS.parse(document)
        return "key"
    if "issuer_url" in document:
        ISSUERS.manage(_example_key(), ticket_with_admin(document))
        return "admin"
    if "host" not in document:  # as RDS makes it
        assert set(document) == {"username", "password"}
        return "managed"
    function = single_users()[str(document.get("engine", "postgres"))]
    function.check_wishes(function.parse(document))
    return "login"


@cache
def single_users() -> dict[str, SingleUser[Any]]:
    """{what a secret's `engine` may say: the backend of the function that rotates it}."""
    built = [template.handler(name).build({}) for name in template.functions()]
    single = [backend for backend in built if isinstance(backend, SingleUser)]
    return {name: each for each in single for name in each.engine.secret_engines}


def _example_key() -> ApiKey:
    """The one whose key the documents' example of an admin's secret is for."""
    (document,) = [json.loads(block.code) for block in examples() if '"owner"' in block.code]
    return ISSUERS.parse(document)


def test_every_secret_in_the_documents_is_accepted() -> None:
    written = [block.code for block in examples() if '"level"' not in block.code]
    assert {parse(code) for code in written} == {
        *("access key", "admin", "generated", "key", "login", "managed")
    }
    secrets = map(json.loads, written)
    kept = {"engine", "key_id", "api_key", "masterarn"}
    assert kept <= {key for secret in secrets for key in secret}


def test_every_field_is_in_its_table() -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:admin-AbCdEf"
    login = WatchedFields({"host": "db", "username": "app", "password": "x", "masterarn": arn})
    database_admin = WatchedFields({"host": "db", "username": "admin", "password": "x"})
    # Without TLS, for then the admin's `ssl` is read as well.
    login["ssl"] = database_admin["ssl"] = False
    strategy = SingleUser(object.__new__(PostgresEngine), {"ALLOW_UNENCRYPTED": "true"})
    strategy.admins.login(strategy.parse(login), cast("Any", ticket_with_admin(database_admin)))
    key = WatchedFields(
        {
            "issuer_url": "https://issuer.test",
            "issuer": "jupyterhub",
            "owner": "app",
            "key_id": "a1",
            "api_key": "x",
            "admin_secret_arn": arn,
        }
    )
    parsed = ISSUERS.parse(key)
    listed = [names(row[0])[0] for row in rows("docs/secrets.md", "field")]
    assert sorted(listed) == sorted([*login.read, *key.read])
    admin = WatchedFields({"issuer_url": parsed.account.issuer_url, "api_key": "x", "inline": True})
    ISSUERS.manage(parsed, ticket_with_admin(admin)).credentials_once()
    check_inline(admin)
    for of, read in (("the", admin.read), ("a database", database_admin.read)):
        heading = f"field of {of} admin's secret"
        assert {names(row[0])[0] for row in rows("docs/secrets.md", heading)} == read - {"rotation"}


def test_every_engine_is_in_the_table() -> None:
    (engine,) = [row for row in rows("docs/secrets.md", "field") if row[0] == "`engine`"]
    assert set(names(engine[1])) == single_users().keys()


@pytest.mark.parametrize("engine", ["postgres", "mysql", "mariadb"])
def test_the_sql_gives_all_the_rights_that_a_rotation_takes(
    lab: Lab, request: pytest.FixtureRequest, engine: str
) -> None:
    # Those of docs/strategies.md: tests/integration/strategies/test_documented_rights.py.
    simple = [block for block in blocks("sql") if block.document == "docs/secrets.md"]
    statements = dict(zip(("postgres", "mysql", "mariadb"), simple, strict=True))
    server: Server = request.getfixturevalue(f"{engine}_server")
    target = _as_written(server, statements[engine].code.rstrip(";\n"))
    target.document["password"] = "initial-password"
    secret = lab.secret(target)
    outcome = secret.rotate()
    assert outcome.state == "succeeded", outcome.error
    assert target.accepts(secret.value())


def _as_written(server: Server, statement: str) -> PostgresTarget | MySQLTarget:
    """The user `app` as this statement makes it."""
    target = SINGLE[server.engine](server, "app")
    if isinstance(target, PostgresTarget):
        with target.admin() as admin:
            admin.execute("DROP ROLE app")
            admin.execute(statement.encode())
    else:
        with target.admin() as connection, connection.cursor() as cursor:
            cursor.execute("DROP USER app")
            cursor.execute(statement)
    return target


def test_the_log_lines_are_like_real_ones() -> None:
    lines = [json.loads(b.code) for b in blocks("json") if '"level"' in b.code]
    explained = {name for row in rows("docs/operating.md", "key") for name in names(row[0])}
    always = {"level", "location", "message", "timestamp", "service"}
    assert lines
    assert {key for line in lines for key in line} == always | explained


def test_the_examples_have_what_a_step_writes(
    output: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "SecretRotation/secret-rotators")
    context = LambdaContext(function_name="f", timeout=60, memory_limit_in_mb="256")
    with pytest.raises(RotationError):
        template.handler("PostgresSingleUser")({}, context)
    lines = [json.loads(line) for line in output().splitlines()]
    (metric,) = [each for each in lines if "_aws" in each]
    (line,) = [each for each in lines if "_aws" not in each]
    (example,) = [json.loads(b.code) for b in blocks("json") if "_aws" in b.code]
    assert _shape(example) == _shape(metric)
    (failed,) = [json.loads(b.code) for b in blocks("json") if '"ERROR"' in b.code]
    assert line.keys() | {"secret", "version"} == failed.keys()


def _shape(metric: Mapping[str, Any]) -> list[object]:
    (declared,) = metric["_aws"]["CloudWatchMetrics"]
    return [metric.keys(), declared["Namespace"], declared["Dimensions"], declared["Metrics"]]


def test_other_python_in_the_documents_compiles() -> None:
    for block in blocks("python"):
        compile(block.code, block.document, "exec")


def test_every_description_that_comes_with_it_is_in_the_table() -> None:
    page = (ROOT / "docs/issuer-descriptions.md").read_text()
    named = re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE)
    assert sorted({*named} - {"issuer"}) == sorted(
        f.stem for f in (ROOT / "rotators/http_api_key/issuers").glob("*.json")
    )
