"""`make audit`: pip-audit and uv themselves, with an OSV and a package registry on this machine."""

import contextlib
import hashlib
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from local import template
from local.build import artifacts

NOBODY = "http://127.0.0.1:9"  # a port that nothing listens on
KNOWN = {"id": "PYSEC-1", "aliases": ["CVE-1"], "summary": "", "details": "bad"}
AFFECTED = {
    "package": {"name": "invented", "ecosystem": "PyPI"},
    "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
}


def audit(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local.supply", "audit", *map(str, arguments)],
        cwd=artifacts.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


class Registry(BaseHTTPRequestHandler):
    """A package registry with one package, whose version 1.0 is withdrawn; and OSV."""

    wheel = b""
    osv_status = 200

    def do_GET(self) -> None:
        if self.path.endswith(".whl"):
            return self._answer(self.wheel, "application/octet-stream")
        digest = hashlib.sha256(self.wheel).hexdigest()
        file = {"filename": "invented-1.0-py3-none-any.whl", "hashes": {"sha256": digest}}
        file |= {"url": "/invented-1.0-py3-none-any.whl", "yanked": "a mistake"}
        page = {"meta": {"api-version": "1.0"}, "name": "invented", "files": [file]}
        return self._answer(json.dumps(page).encode(), "application/vnd.pypi.simple.v1+json")

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        found = [{**KNOWN, "affected": [AFFECTED]}] if asked["version"] == "1.0" else []
        self._answer(json.dumps({"vulns": found}).encode(), "application/json", self.osv_status)

    def _answer(self, content: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def serve_registry(**of: object) -> Iterator[str]:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as wheel:
        info = "invented-1.0.dist-info"
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: invented\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    handler = type("Handler", (Registry,), {"wheel": written.getvalue(), **of})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    file = tmp_path / "pinned.txt"
    file.write_text("invented==1.0\n")
    return file


def test_a_version_known_to_be_vulnerable_fails_it(tmp_path: Path) -> None:
    file = tmp_path / "old.txt"
    file.write_text("jinja2==2.11.2 \\\n    --hash=sha256:00\nsix==1.17.0 ; python_version > '3'\n")
    done = audit("--offline", file)
    assert done.returncode == 1, done.stderr
    assert "old.txt: jinja2 2.11.2 is vulnerable: " in done.stdout
    assert "CVE-2020-28493" in done.stdout
    assert "2 pinned versions: 1 findings" in done.stdout


def test_every_requirements_file_is_audited_and_the_datas_age_is_told() -> None:
    files = list((artifacts.ROOT / "requirements").glob("*.txt"))
    of_functions = {f"{function.rotator}.txt" for function in template.functions().values()}
    assert {file.name for file in files} >= of_functions | {"sdk.txt", "dev.txt"}
    done = audit("--offline")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(files)} requirements files" in done.stdout
    assert "safety-db, of 2021-07-01, " in done.stdout
    assert "OSV was not asked, so nothing newer is known" in done.stdout


def test_a_line_that_pins_nothing_fails_it(tmp_path: Path) -> None:
    file = tmp_path / "loose.txt"
    file.write_text("jinja2>=2\n")
    done = audit("--offline", file)
    assert done.returncode == 1
    assert "without an exact version: jinja2>=2" in done.stderr


def test_a_withdrawn_version_fails_it(pinned: Path) -> None:
    with serve_registry() as url:
        done = audit("--osv", NOBODY, pinned, UV_DEFAULT_INDEX=url)
    assert done.returncode == 1, done.stderr
    assert "OSV cannot be reached" in done.stdout
    assert "pinned.txt: invented 1.0 is withdrawn: a mistake" in done.stdout


def test_a_version_that_the_registry_has_no_more_fails_it(pinned: Path) -> None:
    pinned.write_text("invented==1.1\n")
    with serve_registry() as url:
        done = audit("--osv", NOBODY, pinned, UV_DEFAULT_INDEX=url)
    assert done.returncode == 1
    assert "pinned.txt: " in done.stderr
    assert "invented==1.1" in done.stderr


def test_what_osv_knows_fails_it(pinned: Path) -> None:
    with serve_registry() as url:
        done = audit("--osv", f"{url}/v1/query", pinned, UV_DEFAULT_INDEX=url)
    assert done.returncode == 1, done.stderr
    assert f"of today, from {url}/v1/query, by pip-audit" in done.stdout
    assert "invented 1.0 is vulnerable: PYSEC-1, CVE-1; fixed in 2.0" in done.stdout


def test_an_osv_that_does_not_answer_is_no_clean_bill(pinned: Path) -> None:
    with serve_registry(osv_status=500) as url:
        done = audit("--osv", f"{url}/v1/query", pinned, UV_DEFAULT_INDEX=url)
    assert done.returncode == 1
    assert "pip-audit " in done.stderr
    assert "findings" not in done.stdout
