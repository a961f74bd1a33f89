"""The SAM CLI's reader, once for all tests of documents and examples."""

from collections.abc import Iterator

import pytest

from tests.deploy.documents.sam import Sam, reading


@pytest.fixture(scope="session")
def sam() -> Iterator[Sam]:
    with reading() as deploy:
        yield deploy
