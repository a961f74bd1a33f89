"""Clients of AWS's services, all with the same patience."""

from functools import cache
from pathlib import Path
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError
from botocore.loaders import Loader
from botocore.session import Session

from shared.errors import Misconfigured

# A call that hangs must leave time for another try within the function's timeout.
_CONFIG = Config(
    connect_timeout=2,
    read_timeout=4,
    retries={"mode": "standard", "total_max_attempts": 3},
    user_agent_extra="secret-rotators",
)


class _Loader(Loader):
    """Knows a service by its folder: the SDK's own looks into each of 400 for one client."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - the SDK's
        """The names that there is a folder for."""
        folders = (Path(each) for each in self.search_paths)
        return [path.name for folder in folders if folder.is_dir() for path in folder.iterdir()]


@cache
def _session() -> Session:
    session = Session()
    places = session.get_component("data_loader").search_paths  # AWS_DATA_PATH among them
    loader = _Loader([*places], include_default_search_paths=False)
    session.register_component("data_loader", loader)
    # Older SDKs send some regions' calls to an endpoint of another one.
    session.set_config_variable("sts_regional_endpoints", "regional")
    return session


@cache
def client(service: str) -> Any:  # noqa: ANN401 - the SDK makes its clients' types at run time
    """The client for this service, made when first asked for and kept; raises Misconfigured."""
    return new_client(service)


def new_client(service: str, config: Config | None = None, **options: Any) -> Any:  # noqa: ANN401 - as above
    """A client of its own, such as one with other credentials; raises Misconfigured.

    config: what differs from every client's; options: of the SDK's create_client.
    """
    try:
        return _session().create_client(
            service, config=_CONFIG.merge(config or Config()), **options
        )
    except (BotoCoreError, ValueError) as error:  # its texts quote settings
        problem = type(error).__name__
    raise Misconfigured(
        f"the SDK cannot be used with its settings ({problem})",
        do="run as a Lambda function, or set AWS_DEFAULT_REGION; correct AWS_... variables",
    )


def sending_once(*, connect_seconds: float, answer_seconds: float) -> Config:
    """Of a client that sends each request once, and waits so long for the answer."""
    return Config(
        connect_timeout=connect_seconds,
        read_timeout=answer_seconds,
        retries={"mode": "standard", "total_max_attempts": 1},
    )
