"""Default passwords used for real logins wherever people put them, without any quoting."""

import re
import string
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote_plus, urlsplit

import psycopg
import pymysql
import pytest
from psycopg import sql

from local.servers import Server
from local.servers.mysql import RECIPE
from local.servers.prefix import prefix
from rotators.mysql.testing import MySQLTarget
from rotators.postgres.testing import PostgresTarget
from shared.passwords import PasswordPolicy

Users = dict[str, str]  # a password by user name


def make_passwords() -> list[str]:
    """Among others, one that begins and one that ends with each kind and each punctuation."""
    policy = PasswordPolicy.from_environment({})
    many = [policy.generate().reveal() for _ in range(4000)]
    kinds = [string.ascii_lowercase, string.ascii_uppercase, string.digits, ".", "_"]
    hardest = [next(p for p in many if p[end] in kind) for kind in kinds for end in (0, -1)]
    doubled = [next(p for p in many if twice in p) for twice in ("..", "__", "._", "_.")]
    return [*hardest, *doubled, *many[:10]]


@pytest.fixture(scope="module")
def passwords() -> list[str]:
    return make_passwords()


@pytest.fixture(scope="module")
def postgres_users(postgres_server: Server, passwords: list[str]) -> Users:
    users = {f"use_{uuid.uuid4().hex[:12]}": password for password in passwords}
    admin = PostgresTarget(postgres_server, f"use_{uuid.uuid4().hex[:12]}").admin()
    with admin:
        for user, password in users.items():
            role, literal = sql.Identifier(user), sql.Literal(password)
            admin.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, literal))
    return users


@pytest.fixture(scope="module", params=["mariadb", "mysql"])
def mysql_users(request: pytest.FixtureRequest, passwords: list[str]) -> tuple[Server, Users]:
    server: Server = request.getfixturevalue(f"{request.param}_server")
    users = {f"use_{uuid.uuid4().hex[:12]}": password for password in passwords}
    admin = MySQLTarget(server, f"use_{uuid.uuid4().hex[:12]}").admin()
    with admin, admin.cursor() as cursor:
        for user, password in users.items():
            cursor.execute("CREATE USER %s@'%%' IDENTIFIED BY %s", (user, password))
    return server, users


def logs_in(parameters: str, **more: Any) -> str:  # noqa: ANN401 - libpq's parameters
    """The user that libpq logs in as."""
    with psycopg.connect(parameters, connect_timeout=10, **more) as connection:
        return str(connection.info.user)


def tls(server: Server) -> dict[str, str]:
    return {"sslmode": "verify-full", "sslrootcert": str(server.ca)}


def test_in_a_postgresql_url(postgres_server: Server, postgres_users: Users) -> None:
    place = f"{postgres_server.host}:{postgres_server.port}/{postgres_server.database}"
    for user, password in postgres_users.items():
        assert logs_in(f"postgresql://{user}:{password}@{place}", **tls(postgres_server)) == user


def test_in_any_url(passwords: list[str]) -> None:
    for password in passwords:
        assert quote(password, safe="") == password
        url = urlsplit(f"scheme://user:{password}@host:1/path?key={password}#{password}")
        assert (url.password, url.hostname, url.port) == (password, "host", 1)
        assert (url.query, url.fragment) == (f"key={password}", password)


def test_in_a_conninfo_string(postgres_server: Server, postgres_users: Users) -> None:
    s = postgres_server
    for user, password in postgres_users.items():
        place = f"host={s.host} port={s.port} dbname={s.database} sslmode=verify-full"
        assert logs_in(f"user={user} password={password} {place} sslrootcert={s.ca}") == user


def test_in_a_pgpass_file(postgres_server: Server, postgres_users: Users, tmp_path: Path) -> None:
    s = postgres_server
    passfile = tmp_path / "pgpass"
    passfile.write_text(
        "".join(f"{s.host}:{s.port}:*:{user}:{word}\n" for user, word in postgres_users.items())
    )
    passfile.chmod(0o600)
    place = f"host={s.host} port={s.port} dbname={s.database}"
    for user in postgres_users:
        assert logs_in(f"{place} user={user}", passfile=str(passfile), **tls(s)) == user


LOGIN = """
import psycopg, sys
place, *words = sys.argv[1:]
for user, password in zip(words[::2], words[1::2], strict=True):
    psycopg.connect(place, user=user, password=password, connect_timeout=10).close()
print(len(words) // 2)
"""


def shell(script: str, *arguments: str) -> str:
    """What /bin/sh prints for it."""
    command = ["/bin/sh", "-euc", script, "sh", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def test_as_an_argument_in_a_shell(postgres_server: Server, postgres_users: Users) -> None:
    s = postgres_server
    place = f"host={s.host} port={s.port} dbname={s.database} sslrootcert={s.ca}"
    words = " ".join(f"{user} {password}" for user, password in postgres_users.items())
    script = f'exec "$1" -c "$2" "$3" {words}'
    logged_in = shell(script, sys.executable, LOGIN, f"{place} sslmode=verify-full")
    assert int(logged_in) == len(postgres_users)


def test_as_a_value_in_a_shell(passwords: list[str]) -> None:
    script = "\n".join(f"P={word}; export Q={word}; echo $P $Q" for word in passwords)
    assert shell(script).splitlines() == [f"{word} {word}" for word in passwords]


def test_in_a_my_cnf(mysql_users: tuple[Server, Users], tmp_path: Path) -> None:
    """Read by MySQL's own my_print_defaults and by PyMySQL; both log in with what they read."""
    server, users = mysql_users
    folder = prefix(RECIPE)
    (loader,) = (p for p in folder.glob("**/ld-linux-*.so.*") if not p.is_symlink())
    library = folder / "usr" / "lib" / loader.parent.name
    reader = folder / "usr/bin/my_print_defaults"
    options_file = tmp_path / "my.cnf"
    for user, password in users.items():
        options_file.write_text(f"[client]\nuser={user}\npassword={password}\n")
        reading = [f"--defaults-file={options_file}", "--show", "client"]
        options = subprocess.check_output(
            [loader, "--library-path", library, reader, *reading], text=True, timeout=60
        )
        assert options.splitlines() == [f"--user={user}", f"--password={password}"]
        connection: Any = pymysql.connect(
            read_default_file=str(options_file), host=server.host, port=server.port,
            connect_timeout=10, ssl_ca=str(server.ca), ssl_verify_identity=True,
        )  # fmt: skip
        assert connection.user == user.encode()
        connection.close()


def postgresql_jdbc(url: str) -> dict[str, str]:
    """pgjdbc's rule: after the first `?`, pairs between `&`, values percent- and plus-decoded.

    Source: pgjdbc documentation, "Connecting to the Database"; compared with what Driver.parseURL
    of 42.5.5 made of 20,000 passwords, as no Java is needed for the tests.
    """
    _, _, query = url.partition("?")
    pairs = (each.partition("=") for each in query.split("&"))
    return {name: unquote_plus(value) for name, _, value in pairs}


def mariadb_jdbc(url: str) -> dict[str, str]:
    """MariaDB Connector/J's rule: the same, but that nothing is decoded.

    Source: MariaDB documentation, "About MariaDB Connector/J"; compared with 2.7.6 likewise.
    """
    found = re.fullmatch(r"jdbc:mariadb:(?:\w+:)?//[^/?]*/[^?]*\?(.*)", url)
    assert found
    pairs = (each.split("=", 1) for each in found[1].split("&"))
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def test_in_a_postgresql_jdbc_url(postgres_server: Server, postgres_users: Users) -> None:
    s = postgres_server
    for user, password in postgres_users.items():
        url = f"jdbc:postgresql://{s.host}:{s.port}/{s.database}?user={user}&password={password}"
        read = postgresql_jdbc(f"{url}&ssl=true")
        assert read["ssl"] == "true"
        place = f"host={s.host} port={s.port} dbname={s.database}"
        assert logs_in(place, user=read["user"], password=read["password"], **tls(s)) == user


def test_in_a_mariadb_jdbc_url(mysql_users: tuple[Server, Users]) -> None:
    s, users = mysql_users
    for user, password in users.items():
        url = f"jdbc:mariadb://{s.host}:{s.port}/{s.database}?user={user}&password={password}"
        read = mariadb_jdbc(f"{url}&sslMode=verify-full")
        assert read["sslMode"] == "verify-full"
        pymysql.connect(
            host=s.host, port=s.port, user=read["user"], password=read["password"],
            connect_timeout=10, ssl_ca=str(s.ca), ssl_verify_identity=True,
        ).close()  # fmt: skip
