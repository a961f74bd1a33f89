"""What `sam build` and `sam local` are given: the template, variables, and our authority.

SAM overrides only variables that a template declares, so the copy of the template declares the
service's endpoint; and a container sees no file but its function's, so the authority is built in.
The copy has every Fn::ForEach written out: SAM looks for a samconfig.toml beside it in vain.
Both go to a folder of their own: what is deployed is never built from here.
"""

import json
import shlex
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.build import artifacts
from local.servers.certificates import IN_DOCKER
from local.template import document

ENDPOINT = "AWS_ENDPOINT_URL_SECRETS_MANAGER"
AUTHORITY = "local-authority.pem"
GATEWAY = ("--add-host", f"{IN_DOCKER}:host-gateway")
# A recipe runs from the root's own Makefile; SAM sets ARTIFACTS_DIR for both.
MAKEFILE = """\
build-%:
	$(MAKE) --makefile {root}/Makefile $@
	cp {authority} "$(ARTIFACTS_DIR)/"
"""


@dataclass(frozen=True, slots=True)
class Application:
    """The files, all in `folder`."""

    folder: Path

    @property
    def template(self) -> Path:
        """What to build."""
        return self.folder / "template.yaml"

    @property
    def built(self) -> Path:
        """Where it is built to."""
        return self.folder / "build"

    @property
    def variables(self) -> Path:
        """The file for --env-vars: addresses and a path, no secret."""
        return self.folder / "env.json"

    def write(self, port: int, authority: Path, settings: Mapping[str, str]) -> None:
        """Write all of them for a service on this port of loopback; settings: the targets'."""
        code = self.folder / "functions"
        shutil.rmtree(self.built, ignore_errors=True)  # it has another authority in it
        code.mkdir(parents=True, exist_ok=True)
        copied = code / AUTHORITY
        shutil.copyfile(authority, copied)
        quoted = {"root": shlex.quote(str(artifacts.ROOT)), "authority": shlex.quote(str(copied))}
        (code / "Makefile").write_text(MAKEFILE.format(**quoted))
        self.template.write_text(json.dumps(_adapted(document(), settings), indent=2) + "\n")
        variables = {
            ENDPOINT: f"http://{IN_DOCKER}:{port}",
            "TLS_CA_BUNDLE": f"/var/task/{AUTHORITY}",
            "ALLOW_PRIVATE_ISSUERS": "true",  # the issuer is on this machine
            **settings,
        }
        # "Parameters" is SAM's word for what every function gets.
        self.variables.write_text(json.dumps({"Parameters": variables}, indent=2) + "\n")

    def build(self) -> tuple[str, ...]:
        """The words after `sam` that build it."""
        return ("build", "--template", _short(self.template), "--build-dir", _short(self.built))

    def invoke(self, function: str, event: Path) -> tuple[str, ...]:
        """The words that send an event to a function in a container that is there for it alone."""
        return ("local", "invoke", function, "--event", _short(event), *self._options())

    def start_lambda(self, port: int) -> tuple[str, ...]:
        """The words that let functions be invoked through a Lambda endpoint."""
        return ("local", "start-lambda", "--port", str(port), *self._options())

    def _options(self) -> tuple[str, ...]:
        template = ("--template", _short(self.built / "template.yaml"))
        return (*template, "--env-vars", _short(self.variables), *GATEWAY)


def _adapted(template: dict[str, Any], settings: Iterable[str] = ()) -> dict[str, Any]:
    """The template with our code's folder, and endpoints among what every function may get."""
    own = template["Globals"]["Function"]["Environment"]["Variables"]
    own |= dict.fromkeys((ENDPOINT, *settings), "")
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "functions"
    return template


def _short(path: Path) -> str:
    """As a person in the repository's folder would write it."""
    return str(path.relative_to(artifacts.ROOT) if path.is_relative_to(artifacts.ROOT) else path)
