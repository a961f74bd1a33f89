"""Functions behind a Lambda endpoint, such as `sam local start-lambda`."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import urllib3

from local.functions import invocation
from local.functions.home import FunctionError, name_of

USUAL = "http://127.0.0.1:3001"  # start-lambda's own choice
SECONDS = 120.0  # more than a function's timeout, and a container's start


class LambdaEndpoint:
    """A Home: invokes through the endpoint at `url`, which is asked for nothing until then."""

    def __init__(self, url: str = USUAL) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{url!r} is no Lambda endpoint; give one such as {USUAL}")
        self.url = url.rstrip("/")

    def invoke(self, function: str, event: Mapping[str, object], /) -> object:
        """Run the function to its end; raise FunctionError if it fails or there is none."""
        try:
            return invocation.invoke(self.url, name_of(function), event, SECONDS)
        except urllib3.exceptions.HTTPError as failure:
            raise FunctionError(
                "EndpointConnectionError",
                f"no answer from {self.url} ({type(failure).__name__}); "
                "`sam local start-lambda` has to run there",
            ) from None
