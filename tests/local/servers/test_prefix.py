"""A prefix is fetched once, whoever asks and however many, from the machine's own registries."""

import threading
from pathlib import Path

import pytest

from local.processes import children
from local.processes.children import Account
from local.servers import account, home
from local.servers.prefix import STAMP, apt, debian, npm, prefix
from local.targets import registry

RECIPE = debian.DebianPackage("A server", "sid", "a-server", "bin/*", "bin/server")
ONE_LINE = """\
# deb http://comment.invalid/debian sid main
deb-src http://source.invalid/debian bookworm main
deb [arch=amd64 signed-by=/keys/a.gpg] http://one.invalid/debian bookworm main contrib # why
deb http://security.invalid/debian-security bookworm-security main
"""
DEB822 = """\
Types: deb deb-src
# a comment
URIs: http://two.invalid/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://off.invalid/debian
Suites: sid
Components: main
Enabled: no
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[apt.Source]:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d" / "debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d" / "other.disabled").write_text(ONE_LINE)
    return apt.sources(tmp_path)


def test_both_formats_are_read(sources: list[apt.Source]) -> None:
    assert [source.uri.split("/")[2].split(".")[0] for source in sources] == [
        "one",
        "security",
        "two",
    ]
    assert sources[0].components == ("main", "contrib")
    assert sources[0].trust == "Signed-By: /keys/a.gpg\n"
    assert sources[2].trust.endswith("\n -----END PGP PUBLIC KEY BLOCK-----\n")


@pytest.mark.parametrize(
    ("suite", "chosen"), [("bookworm", "one"), ("trixie", "two"), ("sid", "one")]
)
def test_the_archive_chosen(sources: list[apt.Source], suite: str, chosen: str) -> None:
    found = apt.archive(sources, suite)
    assert chosen in found.uri
    assert f"Suites: {suite}\nComponents: main\nSigned-By:" in found.deb822(suite)


def test_no_archive_says_what_to_do(sources: list[apt.Source]) -> None:
    with pytest.raises(LookupError, match="TEST_POSTGRES_DSN"):
        apt.archive(sources[1:2], "sid")


@pytest.fixture
def fetches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each fetch of a stand-in for apt, which makes a program that knows its version."""
    calls: list[str] = []

    def fetch(suite: str, package: str, **_: object) -> list[Path]:
        calls.append(f"{package} {suite}")
        program = RECIPE.folder / RECIPE.server
        program.parent.mkdir()
        program.write_text("#!/bin/sh\necho 1.0\n")
        program.chmod(0o755)
        return []

    monkeypatch.setattr(apt, "fetch", fetch)
    monkeypatch.setattr(debian, "prefix_folder", lambda: tmp_path)
    monkeypatch.setattr(debian, "_point_home", lambda *_: None)
    return calls


def test_fetched_once(fetches: list[str]) -> None:
    assert prefix(RECIPE) == prefix(RECIPE)
    assert fetches == ["a-server sid"]


def test_fetched_once_by_many_at_once(fetches: list[str]) -> None:
    threads = [threading.Thread(target=prefix, args=(RECIPE,)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetches) == 1


def test_an_unfinished_one_is_made_again(fetches: list[str]) -> None:
    (prefix(RECIPE) / STAMP).unlink()
    prefix(RECIPE)
    assert len(fetches) == 2


@pytest.mark.parametrize("name", registry.servers())
def test_a_second_use_fetches_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = registry.servers()[name].recipe
    prefix(recipe)
    for fetching in ((apt, "fetch"), (npm, "npm")):
        monkeypatch.setattr(*fetching, lambda *_, **__: pytest.fail("it fetched"))
    assert prefix(recipe) == recipe.folder


def test_another_tarball_than_the_pinned_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = npm.NpmPackage("A server", "@a/server", "1.0", "aGFzaA==", "server", "links")
    script = tmp_path / "npm"
    script.write_text('#!/bin/sh\necho other > "$4/a-server-1.0.tgz"\n')
    script.chmod(0o755)
    monkeypatch.setattr(npm, "npm", lambda: (str(script),))
    monkeypatch.setattr(npm, "prefix_folder", lambda: tmp_path)
    with pytest.raises(ValueError, match=r"another @a/server@1.0 than the pinned one"):
        prefix(package)
    assert not (package.folder / STAMP).exists()


def test_a_machine_without_npm_borrows_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    log = tmp_path / "npm.log"
    children.finish((*npm.npm(), "--version"), log=log, name="npm")
    assert int(log.read_text().split(".")[0]) >= 11


def test_reachable(tmp_path: Path) -> None:
    nobody = Account(65534, 65534)
    closed = tmp_path / "closed"
    (closed / "inside").mkdir(parents=True)
    closed.chmod(0o700)
    assert not account.reachable(closed / "inside", nobody)
    assert account.reachable(closed / "inside", None)
    assert account.reachable(Path("/usr/bin"), nobody)


def test_what_a_killed_process_left_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home, "YOUNG_SECONDS", -1)
    left = tmp_path / f"{home.PREFIX}left"
    left.mkdir()
    (left / home.LIVE).touch()
    home._sweep(tmp_path)
    assert not left.exists()
