"""Near-valid JSON: a valid document with a few odd values in it, sometimes written as odd text.

All choices come from the given generator: `random.Random`, or hypothesis's for shrinking.
"""

import copy
import json
import string
from collections.abc import Collection, Iterator
from random import Random
from typing import Any

CANARY = "KANARI"  # every confidential value contains it

# Values of a wrong type, at a limit, or with a meaning in some syntax.
ODD: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 7, 65535, 65536, 1.5, 1e300, -(10**30), 10**4299),
    *("", " ", "\0", "a\0b", "\ud800", "x\udcff", "é", "パス", "١٢", "²", "5432 ", "-0", "0x10"),
    *("true", "FALSE", "yes", "1", "none", "self", "null", "x" * 64, "x" * 300, "x" * 70_000),
    *([], {}, [[]], [None], ["a", 1], {"": ""}, {"a": {"b": []}}, {"use": "gitlab"}, "gitlab"),
    *("..", "a/../b", "%2e%2e", "a\\..", "/", "?", "#", "@", "\r\nX: y", "\x7f", "a:b", "a,b"),
    *("{", "}", "{}", "{{", "{key}", "{secret.x}", "{secret.x?}", "{now+9999d|ms}", "{kept.ends}"),
    *("https://", "https://[", "https://[::1]", "https://a b", "https://h:99999", "https://u@h"),
    *("http://h", "https://h?", "https://{secret.x}", "https://" + "l" * 70, "HTTPS://H", "h..x"),
    *("127.0.0.1", "localhost", "127.0.0.1.", "::1", "a..b", "l" * 70, "a.rds.b", "/var", "."),
    *("'; DROP TABLE x; --", "app_clone", "app_clone_clone", "postgres", "mysql", "é" * 33),
    *("&x", "a[", "9" * 5000, "a[?b==`1`]", "ceil(x)", "sum(@)", "keys(@)", "@", "`[`", "[@]"),
    *("GET /x", "POST x", "GET /{id}", "GET //x", "GET /x?y", "30s", "999m", "0s"),
)
# Values for confidential fields: they contain the canary, which no error may show.
CONFIDENTIAL: tuple[Any, ...] = (
    *(CANARY, [CANARY], {"x": CANARY}, f"{CANARY}\ud800", f"{CANARY}\0"),
    *(f"{CANARY}\r\n", f"{CANARY} é", f'{CANARY}"\\', CANARY * 3_000, f"https://{CANARY}@h"),
    *(f"{{{CANARY}}}", f"{{{CANARY}", f"{CANARY}..", f"1{CANARY}", "", None, 7, True, [[[]]]),
)
NAMES = (
    *("username", "password", "host", "port", "engine", "dbname", "ssl", "masterarn"),
    *("api_key", "admin_secret_arn", "issuer", "issuer_url", "owner", "key_id"),
    *("read", "request", "body", "form", "auth", "expect", "done", "values", "defaults", "base"),
)


def nested(depth: int) -> Any:  # noqa: ANN401 - any JSON
    """Lists nested to this depth."""
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


def odd(rng: Random, *, confidential: bool) -> Any:  # noqa: ANN401 - any JSON
    """A value that no documentation allows."""
    if confidential:
        return copy.deepcopy(rng.choice(CONFIDENTIAL))
    if rng.random() < 0.03:
        return nested(rng.choice((30, 400, 3000)))
    return copy.deepcopy(rng.choice(ODD))


def mutate(rng: Random, document: Any, shown: Collection[str]) -> Any:  # noqa: ANN401 - any JSON
    """Change the document in one to three places, and return it.

    shown: the fields that messages may quote, which therefore get no confidential value.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3))):
        places = list(_places(document))
        if not places:
            return odd(rng, confidential=False)
        holder, key, field = rng.choice(places)
        _change(rng, holder, key, confidential=field not in shown)
    return document


def _places(value: object, field: str = "", depth: int = 8) -> Iterator[tuple[Any, Any, str]]:
    """Every value, as its container, its key there, and the name of the nearest field."""
    if not depth:
        return
    if isinstance(value, dict):
        for key, each in value.items():
            yield value, key, key
            yield from _places(each, key, depth - 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield value, index, field
            yield from _places(each, field, depth - 1)


def _change(rng: Random, holder: Any, key: Any, *, confidential: bool) -> None:  # noqa: ANN401 - any JSON
    value = holder[key]
    match rng.randrange(8):
        case 0:
            del holder[key]
        case 1 | 2 | 3:
            holder[key] = odd(rng, confidential=confidential)
        case 4:
            holder[key] = edited(rng, value) if isinstance(value, str) else [value]
        case 5:
            holder[key] = rng.choice(({"x": value}, [value], [value, value], str(value)))
        case 6 if isinstance(holder, dict):
            # A second key beside the true one, in another case or with a space.
            twin = rng.choice((str(key).upper(), f"{key} ", str(key).title()))
            holder[twin] = odd(rng, confidential=confidential)
        case _ if isinstance(holder, dict):
            holder[rng.choice(NAMES)] = odd(rng, confidential=False)
        case _:
            holder.append(value)


def edited(rng: Random, text: str) -> str:
    """The text cut, or with a character inserted or replaced."""
    at = rng.randrange(len(text) + 1)
    more = rng.choice("\0\n\r\t \"'\\{}[]<>%&?#@:/.,;é\ud800\x7f²" + string.hexdigits)
    return rng.choice(
        (text[:at], text[at:], text[:at] + more + text[at:], text[:at] + more + text[at + 1 :])
    )


def as_text(rng: Random, document: Any) -> str:  # noqa: ANN401 - any JSON
    """The document as JSON, or as text that is nearly JSON."""
    text = json.dumps(document, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.7:
        return text
    number = rng.choice(("NaN", "-Infinity", "1e999", "3.14159265358979323846", "1e99999999999999"))
    deep = rng.choice((50, 2000, 20_000))
    return rng.choice(
        (
            edited(rng, text),
            edited(rng, edited(rng, text)),
            text[:-1] + ', "more": ' + number + "}",
            text[:-1] + ', "more": ' + "9" * rng.choice((400, 4300, 5000)) + "}",
            text[:-1] + ', "more": ' + "[" * deep + "]" * deep + "}",
            "{" + '"password": "first", "host": [], "api_key": null, ' + text[1:],
            "\ufeff" + text,
            "\n\t " + text + " \r\n",
            text + text,
            text.replace('"', "'"),
            json.dumps([document]),
            json.dumps(text),
        )
    )
