"""The nodes that a secret names."""

import pytest

from rotators.valkey.connection import Place
from rotators.valkey.nodes import MOST, main_place, other_places
from shared.credentials import Login
from shared.errors import MalformedSecret

DOCUMENT = {"host": "db", "port": 6380, "username": "app", "password": "x"}


def login(nodes: object, **more: object) -> Login:
    return Login.parse({**DOCUMENT, "nodes": nodes, **more}, default_port=6379)


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        (None, []),
        ([], []),
        (["other"], [("other", 6380)]),
        (["Other.Example.:7000"], [("other.example", 7000)]),
        ("one:1, two , three:3", [("one", 1), ("two", 6380), ("three", 3)]),
        (["10.0.0.1:7", "10.0.0.2"], [("10.0.0.1", 7), ("10.0.0.2", 6380)]),
        (["::1", "[2001:DB8::1]:7"], [("::1", 6380), ("2001:db8::1", 7)]),
        (["one", "one:6380", "DB:6380", "db"], [("one", 6380)]),  # each once, the main one never
    ],
)
def test_they_are_read_as_they_are_written(nodes: object, expected: list[tuple[str, int]]) -> None:
    assert [(each.host, each.port) for each in other_places(login(nodes))] == expected


@pytest.mark.parametrize(
    "nodes",
    [
        *(1, True, {"a": 1}, "", [""], [None], [1], ["a:"], ["a:0"], ["a:65536"], ["a:x"]),
        *(["a b"], ["a:1:2"], ["[::1"], ["rediss://a:1"], ["a/0"], ["a"] * (MOST + 1), ["a:²"]),
    ],
)
def test_what_is_no_node_is_refused_by_its_field_and_not_repeated(nodes: object) -> None:
    with pytest.raises(MalformedSecret) as caught:
        other_places(login(nodes))
    assert caught.value.field == "nodes"


def test_each_has_to_prove_its_own_name_or_the_one_that_all_have() -> None:
    plain = login(["other:1"])
    assert (main_place(plain), *other_places(plain)) == (
        Place("db", 6380, "db"),
        Place("other", 1, "other"),
    )
    named = login(["10.0.0.1:1"], tls_host="cache")
    assert {main_place(named).name, other_places(named)[0].name} == {"cache"}
