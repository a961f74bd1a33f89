"""Connection URLs: what is read, what is refused, and that only user and password are written."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from shared.document.urls import Url, read_url
from shared.errors import MalformedSecret

# What a user or a password may be: see Fields.text.
words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
paths = st.sampled_from(["", "/", "/orders", "/a%20b", "/a/b"])
options = st.sampled_from(["", "?sslmode=require", "?a=b&c=%2f&useSSL=false", "?", "?x"])
hosts = st.sampled_from(["db", "DB.example.org:6432", "[::1]:77", "10.0.0.1", ""])


def read(text: str) -> Url:
    return read_url(text, name="DATABASE_URL", of="the secret")


def said(url: Url) -> tuple[str | None, ...]:
    return url.engine, url.username, url.password, url.host, url.port, url.dbname


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("postgres://app:p@db:6432/x", ("postgres", "app", "p", "db", "6432", "x")),
        ("postgresql+psycopg://app:p@db/x", ("postgresql", "app", "p", "db", None, "x")),
        ("mysql+aiomysql2://app:p@db", ("mysql", "app", "p", "db", None, None)),
        ("mysql2://app:p@db/", ("mysql2", "app", "p", "db", None, None)),
        ("mariadb://app:p@db:/x", ("mariadb", "app", "p", "db", None, "x")),
        ("mysql://a%2Fb:p%40%3a@db/x", ("mysql", "a/b", "p@:", "db", None, "x")),
        ("mysql://app:p:q%2Br@db/x", ("mysql", "app", "p:q+r", "db", None, "x")),
        ("mysql://app@db/x", ("mysql", "app", None, "db", None, "x")),
        ("mysql://db/x?password=p", ("mysql", None, "p", "db", None, "x")),
        ("mysql://app@db/x?password=p", ("mysql", "app", "p", "db", None, "x")),
        ("mysql://app:p@db/x?user=app", ("mysql", "app", "p", "db", None, "x")),
        ("jdbc:mariadb://db/x?user=a.-_~&password=p", ("mariadb", "a.-_~", "p", "db", None, "x")),
        ("jdbc:aws-wrapper:mysql://db/x?user=app", ("mysql", "app", None, "db", None, "x")),
        ("mysql://app:p@[::1]:77/x", ("mysql", "app", "p", "::1", "77", "x")),
        ("mysql://app:p@[::1]", ("mysql", "app", "p", "::1", None, None)),
        ("mysql://app:p@/x", ("mysql", "app", "p", None, None, "x")),
        ("mysql://app:p@a:1,b:2/x", ("mysql", "app", "p", None, None, "x")),
        ("mysql://app:p@a:1/x?host=b", ("mysql", "app", "p", None, None, "x")),
        ("mysql://app:p@a/x?%68ost=%2Fvar", ("mysql", "app", "p", None, None, "x")),
        ("mysql://app:p@a:1/x?port=2", ("mysql", "app", "p", "a", None, "x")),
        ("mysql://app:p@a:1/x?unix_socket=s", ("mysql", "app", "p", None, None, "x")),
        ("mysql://app:p@a:1/x?database=y", ("mysql", "app", "p", "a", "1", None)),
        ("mysql://app:p@db/a%20b/c", ("mysql", "app", "p", "db", None, "a b/c")),
        ("mysql://app:p@db/x?a=b%23c", ("mysql", "app", "p", "db", None, "x")),
        ("mysql://app:p@db?my_password=q&=password", ("mysql", "app", "p", "db", None, None)),
    ],
)
def test_what_a_url_holds(text: str, held: tuple[str | None, ...]) -> None:
    assert said(read(text)) == held


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no connection URL"),
        ("canary", "no connection URL"),
        ("Postgres://canary:canary@db", "capital letters.*the scheme in small letters"),
        ("JDBC:mysql://canary:canary@db", "capital letters"),
        *(
            (f"jdbc:{form}://canary:canary@db", "not supported; keep user and password in fields")
            for form in (
                "mysql:replication",
                "mysql:loadbalance",
                "mariadb:sequential",
                "log4jdbc:x",
            )
        ),
        ("mysql:canary@db", "no connection URL"),
        ("mysql://app:can ary@db", "not ASCII"),
        ("mysql://app:canary\n@db", "not ASCII"),
        ("mysql://app:canary@db\n", "white space before or behind it; take it away"),
        (" mysql://app:canary@db", "white space before or behind it; take it away"),
        ("mysql://app:canaryé@db", "not ASCII"),
        ("mysql://app:canary\\@db", "backslash"),
        ("mysql://app:canary%@db", "'%' without"),
        ("mysql://app:canary%4@db", "'%' without"),
        ("mysql://app:p@db/x?sslmode=%-canary", "'%' without"),
        ("mysql://app:canary@canary@db", "an '@' beside"),
        ("mysql://app:canary/canary@db", "an '@' beside"),
        ("mysql://app:canary?canary@db", "an '@' beside"),
        ("mysql://app:canary#canary@db", "a '#'.*write it as %23"),
        ("mysql://app:canary@db/x#canary", "a '#'"),
        ("mysql://app:canary@db/x?a=b#canary", "a '#'"),
        ("mysql://can+ary:p@db/x", "a '\\+' in its user; write it as %2B or, for a space, %20"),
        ("mysql://app:can+ary@db/x", "a '\\+' in its password"),
        ("mysql://db/x?password=can+ary", "a '\\+' in its password"),
        ("jdbc:mysql://db/x?user=can+ary", "a '\\+' in its user"),
        ("jdbc:mysql://(host=h,port=1,password=canary)/x?user=app", "'\\(', '\\)' or '=' among"),
        ("jdbc:mysql://address=(host=h)(password=canary)/x?user=app", "'=' among its hosts"),
        ("jdbc:mysql://address%3D%28host%3Dh%29/x?user=canary", "'=' among its hosts"),
        *(
            (f"mysql://app:p@db/x?{alias}=canary", "write it as the option user or password")
            for alias in ("password1", "passwd", "PWD", "pass", "p%61ss", "user_name", "uid")
        ),
        ("mysql://app@db?password=canary@canary", "an '@' beside"),
        ("mysql://app:canary[@db", "a bracket"),
        ("jdbc:mysql://app:canary@db/a+b", "a '\\+' in the database's name"),
        ("mysql://db/x", "neither a user nor a password"),
        ("mysql://@db/x", "an empty user"),
        ("mysql://:canary@db/x", "an empty user"),
        ("mysql://app:@db/x", "an empty password"),
        ("mysql://app@db/x?password", "an empty password"),
        ("mysql://app@db/x?user=canary", "a user before the host and another one behind"),
        ("mysql://app:p@db/x?password=canary", "a password before the host and another one"),
        ("mysql://db/x?password=canary&password=canary", "option 'password' twice"),
        ("mysql://db/x?password=canary&Password=canary", "option 'password' twice"),
        ("mysql://db/x?PASSWORD=canary", "option 'password' in other letters"),
        ("mysql://db/x?%75ser=canary", "option 'user' in other letters"),
        ("mysql://app:canary%ff@db/x", "no text in UTF-8"),
        ("mysql://app:canary%00@db/x", "no text in UTF-8"),
        ("mysql://app:canary@::1/x", "no host"),
        ("mysql://app:canary@[::1/x", "no host"),
        ("mysql://app:canary@a,b:1:2/x", "no host"),
    ],
)
def test_what_parsers_read_differently_is_refused(text: str, problem: str) -> None:
    with pytest.raises(MalformedSecret, match=f"'DATABASE_URL' of .*{problem}") as caught:
        read(text)
    assert caught.value.field == "DATABASE_URL"
    assert "canary" not in f"{caught.value}{caught.value!r}"
    assert caught.value.do


@given(old=st.tuples(words, words), new=st.tuples(words, words), data=st.data())
def test_only_user_and_password_are_written(
    old: tuple[str, str], new: tuple[str, str], data: st.DataObject
) -> None:
    scheme = data.draw(st.sampled_from(["mysql", "mariadb+x"]))
    host, path, query = data.draw(hosts), data.draw(paths), data.draw(options)
    more = "&" if "?" in query else "?"
    forms = (
        f"{scheme}://{{}}:{{}}@{host}{path}{query}",
        f"{scheme}://{{}}@{host}{path}{query}{more}password={{}}",
        f"{scheme}://{host}{path}{query}{more}user={{}}&password={{}}&last=1",
    )
    for form in forms:
        text = form.format(*(quote(each, safe="") for each in old))
        url = read(text)
        assert (url.username, url.password) == old
        written = url.with_login(*new)
        assert written == form.format(*(quote(each, safe="") for each in new))
        assert said(read(written)) == (url.engine, *new, url.host, url.port, url.dbname)
        assert url.with_login(*old) == text


@given(value=words)
def test_what_is_plain_is_the_same_to_a_driver_that_decodes_nothing(value: str) -> None:
    held = read("jdbc:x://db/x?user=app&password=old")
    written = read(held.with_login("app", value))
    assert (written.password, written.is_jdbc) == (value, True)
    assert written.is_plain is (written.text == f"jdbc:x://db/x?user=app&password={value}")


def test_whether_there_is_a_port_and_what_options_have() -> None:
    ports = ("a:1", "a:1,b", "a,b:1", "a:1/x?host=b", "a/x?port=1")
    assert all(read(f"mysql://app@{each}").has_port for each in ports)
    assert not any(read(f"mysql://app@{each}").has_port for each in ("a", "[::1]", "a:", "a,b"))
    held = read("mysql://app:p@db/x?a=b%21c+d&e&password=p").options
    assert set(held) == {"b%21c+d", "b%21c d", "b!c+d", "b!c d", ""}


def test_what_does_not_change_keeps_its_own_escapes() -> None:
    text = "mysql://%61pp:p%7eq@db/x?user=a%70p&ssl"
    assert read(text).with_login("app", "p~q") == text
    assert read(text).with_login("app", "n!") == "mysql://%61pp:n%21@db/x?user=a%70p&ssl"
    assert read(text).with_login("b", "p~q") == "mysql://b:p%7eq@db/x?user=b&ssl"


@given(login=st.tuples(words, words), path=paths, host=hosts, in_query=st.booleans())
def test_it_is_read_as_the_drivers_do(
    login: tuple[str, str], path: str, host: str, *, in_query: bool
) -> None:
    """Libpq's own parser, and SQLAlchemy's, which percent-decodes no name of a database."""
    user, password = (quote(each, safe="") for each in login)
    place = f"{host}{path}?sslmode=require"
    text = f"postgresql://{user}:{password}@{place}"
    if in_query:
        text = f"postgresql://{place}&user={user}&password={password}"
    url = read(text)
    parsed: dict[str, Any] = conninfo_to_dict(text)
    names = ("user", "password", "host", "port", "dbname")
    held = (url.username, url.password, url.host, url.port, url.dbname)
    assert tuple(parsed.get(name) for name in names) == held
    if not in_query:
        other = make_url(text.replace("postgresql:", "postgresql+psycopg:"))
        assert (other.username, other.password, other.host) == (*login, url.host)


def test_nothing_of_it_is_shown() -> None:
    shown = repr(read("mysql://app:canary@db/x?token=canary"))
    assert "canary" not in shown
