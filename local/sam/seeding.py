"""One secret for each function, as containers have to see it, where its events say it stands."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from local import template
from local.replay.request import ALL, Event, read_request
from local.secrets_manager import SecretsManager
from local.secrets_manager.adoption import name_in_full
from local.servers.certificates import IN_DOCKER
from local.targets import Target, registry

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

LOOPBACK = ("127.0.0.1", "localhost")


def targets(*, mariadb: bool = False) -> dict[str, str]:
    """{function: the name of its target}, of every function that has one."""
    choices = {function: registry.targets_of(function) for function in template.functions()}
    return {
        function: next((name for name in names if mariadb and "mariadb" in name), names[0])
        for function, names in choices.items()
        if names
    }


def events(function: str) -> tuple[Event, ...]:
    """The four events of its folder."""
    return read_request(function, ALL).events


def seed(
    service: SecretsManager, made: Mapping[str, Target], wanted: Mapping[str, str]
) -> set[int]:
    """Make the secrets and begin their events' rotations; the ports of loopback that they name."""
    client = service.client()
    seen = _Outside(client)
    for function, name in wanted.items():
        first = events(function)[0]
        made[name].seed(client, name_in_full(first["SecretId"]))
        service.adopt(first, function)
    return seen.ports


def settings_outside(settings: Mapping[str, str]) -> tuple[dict[str, str], set[int]]:
    """The functions' settings as containers see this machine, and its ports in them."""
    renamed, ports = dict(settings), set[int]()
    for name, value in settings.items():
        url = urlsplit(value)
        if url.hostname in LOOPBACK and url.port:
            ports.add(url.port)
            renamed[name] = url._replace(netloc=f"{IN_DOCKER}:{url.port}").geturl()
    return renamed, ports


class _Outside:
    """In every secret that this client makes, names this machine as its containers do."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self.ports: set[int] = set()
        # botocore's own way to change what is sent.
        client.meta.events.register(
            "provide-client-params.secretsmanager.CreateSecret", self._rename_host
        )

    def _rename_host(self, params: dict[str, Any], **_: object) -> None:
        document = json.loads(params["SecretString"])
        if document.get("host") in LOOPBACK:
            self.ports.add(int(document["port"]))
            document["host"] = IN_DOCKER
        url = urlsplit(str(document.get("issuer_url", "")))
        if url.hostname in LOOPBACK and url.port:
            self.ports.add(url.port)
            document["issuer_url"] = url._replace(netloc=f"{IN_DOCKER}:{url.port}").geturl()
        params["SecretString"] = json.dumps(document)
