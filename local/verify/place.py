"""The place that is asked: its clients, how patient to be with it, and the function it runs."""

import functools
from dataclasses import dataclass, field
from typing import Any, Literal

import boto3.session
from botocore.config import Config

Kind = Literal["local", "emulator", "aws"]


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds to wait: for a read to have seen a write, a rotation to end, another attempt."""

    settle: float
    rotation: float
    attempt: float


# AWS publishes neither how soon a read sees a write nor when a rotation is attempted again.
PATIENCE = {
    "local": Patience(settle=0, rotation=10, attempt=10),
    "emulator": Patience(settle=0, rotation=20, attempt=20),
    "aws": Patience(settle=15, rotation=180, attempt=1800),
}


@dataclass
class Place:
    """An endpoint: `prefix` begins the name of everything that is made there.

    function: the ARN of the referee's function, if one could be made there.
    runs: whether it is really run there; if not, `function` is only a name to give.
    """

    kind: Kind
    session: boto3.session.Session
    prefix: str
    endpoint: str | None = None
    function: str | None = None
    runs: bool = False
    _clients: dict[tuple[str, str, str], Any] = field(default_factory=dict)

    @property
    def patience(self) -> Patience:
        """How long to wait for what comes by itself."""
        return PATIENCE[self.kind]

    @property
    def region(self) -> str:
        """The region that is asked."""
        return str(self.session.region_name)

    @property
    def other_region(self) -> str:
        """Another, for replicas."""
        return "us-west-2" if self.region != "us-west-2" else "us-east-1"

    @property
    def run_id(self) -> str:
        """What tells this run from others."""
        return self.prefix.rpartition("/")[2]

    def client(
        self, service: str = "secretsmanager", region: str | None = None, use: str = ""
    ) -> Any:  # noqa: ANN401 the SDK makes its clients' types at run time
        """A client for a service there, kept; requests go out as they are, right or wrong.

        use: another one for each, as hooks on one must not be seen by those who use another.
        """
        key = (service, region or self.region, use)
        if key not in self._clients:
            make: Any = self.session.client  # typed for names that are written out
            self._clients[key] = make(
                service, region_name=key[1], endpoint_url=self.endpoint, config=_config(self.kind)
            )
        return self._clients[key]


@functools.cache
def _config(kind: Kind) -> Config:
    """AWS throttles; elsewhere an error 500 is what there is to see, and the proxy is not asked."""
    if kind == "aws":
        return Config(
            parameter_validation=False, retries={"mode": "standard", "total_max_attempts": 5}
        )
    return Config(
        parameter_validation=False,
        retries={"mode": "standard", "total_max_attempts": 1},
        proxies={},
        connect_timeout=5,
        read_timeout=30,
    )
