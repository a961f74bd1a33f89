"""AWS's own functions, from a checkout of aws-samples/aws-secrets-manager-rotation-lambdas.

They run as they are but for one path: that of the system's authorities, which only Lambda has.
There are those of this system and the servers' own in its place; a rotation of ours, as of a host
of RDS, has a handful. They get byte code and the newest drivers, as their zip may have them.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local import bootstrap
from local.build import artifacts, bytecode
from local.functions.built import Built
from local.servers.prefix import make_once
from shared.tls import ca_bundle

DRIVERS = bootstrap.CACHE / "bench"
REQUIREMENTS = bootstrap.ROOT / "requirements" / "bench.txt"
NAME = "SecretsManagerRDS{engine}Rotation{users}User"
MODULE = "lambda_function"
AUTHORITIES = "/etc/pki/tls/cert.pem"


@dataclass(frozen=True, slots=True)
class Reference:
    """The checkout, a folder for what is made of it, and the authorities of the servers."""

    checkout: Path
    folder: Path
    bundle: Path
    _made: dict[str, Built] = field(default_factory=dict)

    def function(self, engine: str, users: str) -> Built | None:
        """The one for PostgreSQL, MySQL or MariaDB, of Single or Multi users; None without one."""
        name = NAME.format(engine=engine, users=users)
        source = self.checkout / name / f"{MODULE}.py"
        if name not in self._made and source.is_file():
            self._made[name] = self._make(name, source)
        return self._made.get(name)

    def _make(self, name: str, source: Path) -> Built:
        artifact = self.folder / name
        artifact.mkdir()
        trusted = self.folder / "as-in-lambda.pem"
        trusted.write_bytes(ca_bundle({}).read_bytes() + self.bundle.read_bytes())
        code = source.read_text().replace(AUTHORITIES, str(trusted))
        (artifact / source.name).write_text(code)
        bytecode.compile_all(artifact, str(artifacts.LAMBDA_PYTHON))
        environment = {"PYTHONPATH": f"{artifact}:{drivers()}"}
        return Built(artifact, f"{MODULE}.lambda_handler", environment=environment)

    def single(self) -> Mapping[str, Built]:
        """Those of a single user, which start as the others do; SystemExit where there is none."""
        found = {
            f"AWS's for {engine}": built
            for engine in ("PostgreSQL", "MySQL", "MariaDB")
            if (built := self.function(engine, "Single"))
        }
        if not found:
            raise SystemExit(f"{self.checkout} has no {NAME.format(engine='…', users='Single')}")
        return found


def drivers() -> Path:
    """A folder with their drivers, made first if it is not there; SystemExit says what it needs."""
    digest = REQUIREMENTS.read_text() + artifacts.interpreter()
    return make_once(DRIVERS, digest, _install)


def _install(folder: Path, _scratch: Path) -> None:
    """PyGreSQL is to be compiled: for Linux there is no wheel of it."""
    for program, package in (("pg_config", "libpq-dev"), ("cc", "gcc")):
        if not shutil.which(program):
            raise SystemExit(f"AWS's functions need PyGreSQL, and that needs {package}")
    bootstrap.say("compiling the drivers of AWS's functions")
    bootstrap.install_uv()
    bootstrap.run(
        *(bootstrap.UV / "bin" / "uv", "pip", "install", "--quiet", "--no-config"),
        *("--no-python-downloads", *artifacts.local_target(), "--require-hashes"),
        *("--build-constraints", REQUIREMENTS, "--requirement", REQUIREMENTS, "--target", folder),
    )
    bytecode.compile_all(folder, str(artifacts.LAMBDA_PYTHON))
