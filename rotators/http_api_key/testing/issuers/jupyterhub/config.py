"""What JupyterHub runs with, read by JupyterHub itself; see __init__.py beside it for the why."""

import os
from collections.abc import Mapping

from jupyterhub.proxy import Proxy
from traitlets.config import get_config


class NoProxy(Proxy):  # type: ignore[misc]  # JupyterHub ships no types
    """Routes nothing: no notebook is ever started, and the API is asked directly."""

    async def add_route(self, routespec: str, target: str, data: Mapping[str, object]) -> None:
        """Do nothing."""

    async def delete_route(self, routespec: str) -> None:
        """Do nothing."""

    async def get_all_routes(self) -> dict[str, object]:
        """No route at all."""
        return {}


ADMIN = "rotation"

c = get_config()
c.JupyterHub.proxy_class = NoProxy
c.Proxy.should_start = False
c.JupyterHub.hub_bind_url = f"http://127.0.0.1:{os.environ['HUB_PORT']}"
c.JupyterHub.bind_url = c.JupyterHub.hub_bind_url  # the proxy's address, if there were one
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.cookie_secret = os.urandom(32)
c.JupyterHub.last_activity_interval = 0  # it asks the proxy
c.JupyterHub.authenticator_class = "null"  # nobody logs in: keys are the only way in
c.Authenticator.allowed_users = set(os.environ["HUB_OWNERS"].split())
c.JupyterHub.services = [{"name": ADMIN, "api_token": os.environ.pop("HUB_ADMIN_KEY")}]
# `tokens` alone: to list, issue and revoke the keys of every user, and nothing else.
c.JupyterHub.load_roles = [{"name": ADMIN, "services": [ADMIN], "scopes": ["tokens"]}]
