"""Without TLS, PostgreSQL is answered by SCRAM only."""

import importlib
from dataclasses import replace
from pathlib import Path

import pytest

from local.certificates import Authority
from local.servers import postgres
from shared.errors import Untrusted
from tests.postgres_pairs import INITIAL, PostgresPair


def test_md5_is_answered_inside_tls_only(
    tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer, and the hash that it is of, are soon guessed or good for a login."""
    # By its path it is the function of that name that is found.
    module = importlib.import_module("local.servers.postgres")
    monkeypatch.setattr(module, "ACCESS", "host all all 127.0.0.1/32 md5\n")
    with postgres(tmp_path, authority) as server:
        pair = PostgresPair(server)
        user = f"{pair.app}_md5"
        pair.sql(f"SET password_encryption = 'md5'; CREATE ROLE {{0}} LOGIN PASSWORD '{INITIAL}'",
                 user)  # fmt: skip
        pair.passwords[user] = INITIAL
        with pair.engine.connect(replace(pair.login(pair.app), tls=False)) as session:
            session.ping()  # by SCRAM, whatever the method is called
        with pair.engine.connect(pair.login(user)) as session:
            session.ping()
        with pytest.raises(Untrusted), pair.engine.connect(replace(pair.login(user), tls=False)):
            pass
