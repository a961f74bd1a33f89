"""Answers that no issuer should give: wrong JSON, wrong HTTP, and arbitrary bytes."""

import gzip
import json
from dataclasses import replace
from random import Random
from typing import Any

from tests.faults.fuzz.issuer import answer_bytes
from tests.faults.fuzz.mutations import CANARY, edited, mutate
from tests.issuers.scripted import StubAnswer

STATUSES = (
    *(200, 201, 202, 203, 204, 205, 206, 226, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403),
    *(404, 405, 408, 409, 410, 418, 422, 423, 429, 451, 500, 501, 502, 503, 504, 511),
)
LINES = (
    *(
        "HTTP/1.1 200 OK",
        "HTTP/1.0 200",
        "HTTP/2 200",
        "HTTP/1.1 999 x",
        "HTTP/1.1 99 x",
        "HTTP/1.1",
    ),
    *("HTTP/1.1 -1 x", "HTTP/1.1 two", "ICY 200 OK", "HTTP/1.1 100 Continue", "", "\0", "{}"),
    *("HTTP/1.1 101 Switching Protocols", "HTTP/1.1 200 " + "x" * 70_000, "HTTP/9.9 204 x"),
)
HEADERS = (
    *(
        ("Content-Length", value)
        for value in ("0", "7", "99999", "-1", "abc", "1, 2", "9" * 99, "")
    ),
    *(("Transfer-Encoding", value) for value in ("chunked", "gzip, chunked", "x", "")),
    *(
        ("Content-Encoding", value)
        for value in ("gzip", "deflate", "br", "zstd", "x", "gzip, gzip")
    ),
    *(
        ("Location", value)
        for value in ("", "/", "/x", "//h/x", "https://[", "http://h/", "é", "?")
    ),
    *(
        ("Location", value)
        for value in (f"https://h/{CANARY}", f"https://{CANARY}@h/", "https:///")
    ),
    *(
        ("Link", value)
        for value in ('<>; rel="next"', "</x>; rel=next", "<https://h/>;rel=next", "<")
    ),
    *(
        ("Link", value)
        for value in ('<https://[>; rel="next"', "<" * 9000, f'<?{CANARY}>; rel="next"')
    ),
    *(("Retry-After", value) for value in ("0", "-1", "abc", "99", "9" * 99, "٣", "1.5", "")),
    *(("Content-Type", value) for value in ("text/html", "", "application/json; charset=x", "é")),
    *((CANARY, CANARY), ("X" * 300, "y"), ("Set-Cookie", CANARY), ("a b", "c"), ("\0", "\0")),
)
BODIES = (
    *(
        b"",
        b"null",
        b"true",
        b"0",
        b'""',
        b"[]",
        b"{}",
        b"[[]]",
        b"NaN",
        b"1e999",
        b"-",
        b"\0",
        b"{",
    ),
    *(b"<!doctype html><title>Sign in</title>", b'{"a": "\\ud800"}', b'"\xff"', b"\xef\xbb\xbf{}"),
    *(
        b"[" * 20_000,
        b'{"a":' * 3000 + b"1" + b"}" * 3000,
        b"9" * 5000,
        CANARY.encode(),
        b"\x1f\x8b",
    ),
    *('{"a": "é"}'.encode("utf-16"), '{"a": 1}'.encode("utf-32"), '{"é": 1}'.encode("latin-1")),
)


def garbled_answer(rng: Random, answer: object) -> bytes:
    """The bytes of this answer with something wrong in it."""
    good = answer if isinstance(answer, StubAnswer) else StubAnswer(body=answer)
    match rng.randrange(10):
        case 0 | 1 | 2 | 3:
            return answer_bytes(replace(good, body=_mutated_json(rng, good.body)))
        case 4:
            return answer_bytes(replace(good, status=rng.choice(STATUSES)))
        case 5:
            return answer_bytes(replace(good, body=rng.choice(BODIES)))
        case 6 | 7:
            return _with_headers(rng, good)
        case 8:
            _, _, rest = answer_bytes(good).partition(b"\r\n")
            return rng.choice(LINES).encode() + b"\r\n" + rest
    return _damaged(rng, answer_bytes(good))


def _mutated_json(rng: Random, body: object) -> object:
    """A body of another shape; an id gets no confidential value, as messages quote ids."""
    copy: Any = json.loads(json.dumps(body)) if not isinstance(body, bytes) else {}
    odd = mutate(rng, copy, ("id",))
    return edited(rng, json.dumps(odd)).encode(errors="replace") if rng.random() < 0.1 else odd


def _with_headers(rng: Random, answer: StubAnswer) -> bytes:
    """The answer with odd headers, or with headers that contradict the body."""
    headers = dict(rng.choice(HEADERS) for _ in range(rng.choice((1, 1, 2, 3))))
    status = rng.choice((answer.status, answer.status, *STATUSES))
    raw = answer_bytes(replace(answer, status=status, body=_maybe_zipped(rng, answer.body)))
    line, _, rest = raw.partition(b"\r\n")
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    if rng.random() < 0.05:
        more += "".join(f"X-{number}: y\r\n" for number in range(200))
    return line + b"\r\n" + more.encode() + rest


def _maybe_zipped(rng: Random, body: object) -> object:
    if rng.random() < 0.8:
        return body
    zipped = gzip.compress(json.dumps(body).encode() if not isinstance(body, bytes) else body)
    return zipped[: rng.choice((len(zipped), 5, -3))]


def _damaged(rng: Random, raw: bytes) -> bytes:
    """The bytes cut, with some changed or inserted, repeated, random, or empty."""
    at = rng.randrange(len(raw) + 1)
    return rng.choice(
        (
            raw[:at],
            raw[at:],
            raw[:at] + rng.randbytes(1) + raw[at + 1 :],
            raw[:at] + rng.randbytes(9) + raw[at:],
            rng.randbytes(rng.choice((1, 50, 5000))),
            raw.replace(b"\r\n", b"\n"),
            raw + raw,
            b"HTTP/1.1 100 Continue\r\n\r\n" * rng.choice((1, 50)) + raw,
            b"",
        )
    )
