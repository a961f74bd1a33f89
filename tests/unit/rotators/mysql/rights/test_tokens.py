"""Names of any characters come out of what a server prints as they went in."""

from hypothesis import given
from hypothesis import strategies as st

from rotators.mysql.account import Account
from rotators.mysql.rights.grants import Kind, Right, parse_grants
from rotators.mysql.rights.tokens import split_at, to_sql, tokenize

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)

# What is special to a string, in every order, two of a kind beside each other too.
SPECIAL = st.text(st.sampled_from("ab0nZ'`\\\"\n\r\x1a ,()"))


def quoted(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def printed(text: str) -> str:
    """A string as MySQL prints it."""
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n").replace("'", "\\'")
    return f"'{escaped}'"


@given(NAMES, NAMES)
def test_a_name_and_a_string_stay_whole(name: str, string: str) -> None:
    one, at, two = tokenize(f"{quoted(name)}@{printed(string)}")
    assert (one.value, at.text, two.value) == (name, "@", string)


@given(SPECIAL)
def test_a_string_of_special_characters_is_read_as_it_was(string: str) -> None:
    doubled = string.replace("\\", "\\\\").replace("'", "''")
    for shown in (printed(string), f"'{doubled}'"):
        assert [token.value for token in tokenize(f"AS {shown} x")] == ["AS", string, "x"]


@given(NAMES, NAMES, NAMES, NAMES)
def test_a_grant_is_read_whatever_the_names(user: str, host: str, table: str, column: str) -> None:
    on = f"{quoted(table)}.{quoted(column)}"
    line = f"GRANT SELECT ({quoted(column)}), INSERT ON {on} TO {quoted(user)}@{quoted(host)}"
    assert parse_grants(Account(user, host), [f"{line} WITH GRANT OPTION"]) == {
        Right(Kind.PRIVILEGE, on, f"SELECT ({quoted(column)})"),
        Right(Kind.PRIVILEGE, on, "INSERT"),
        Right(Kind.PRIVILEGE, on, "GRANT OPTION"),
    }
    assert parse_grants(Account(f"{user}x", host), [line]) == set()


@given(st.lists(NAMES, min_size=1))
def test_what_is_split_and_spelled_again_is_the_same(names: list[str]) -> None:
    text = ", ".join(f"SELECT ({quoted(name)}, b)" for name in names)
    parts = split_at(tokenize(text), ",")
    assert len(parts) == len(names)
    assert ", ".join(to_sql(part) for part in parts) == text
