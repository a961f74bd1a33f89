"""What JupyterHub runs with, read by JupyterHub itself; see __init__.py beside it for the why."""

import os
from collections.abc import Mapping

from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.proxy import Proxy
from jupyterhub.scopes import needs_scope
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


class Limits(APIHandler):  # type: ignore[misc]
    """Changes while the hub runs what a person would by its configuration and a restart."""

    @needs_scope("admin:users")  # type: ignore[untyped-decorator]
    async def put(self) -> None:
        """Set `token_expires_in_max_seconds`; 0 is no limit."""
        self.settings["token_expires_in_max_seconds"] = int(self.get_json_body()["seconds"])
        self.set_status(204)


ADMIN, KEEPER = "rotation", "keeper"
READERS = "readers"

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
c.JupyterHub.custom_scopes = {"custom:reports:read": {"description": "Read the reports."}}
c.JupyterHub.extra_handlers = [(r"/api/limits", Limits)]
c.JupyterHub.load_groups = {READERS: {"users": []}}
c.JupyterHub.services = [
    {"name": ADMIN, "api_token": os.environ.pop("HUB_ADMIN_KEY")},
    {"name": KEEPER, "api_token": os.environ.pop("HUB_KEEPER_KEY")},
]
c.JupyterHub.load_roles = [
    # `tokens` alone: to list, issue and revoke the keys of every user, and nothing else.
    {"name": ADMIN, "services": [ADMIN], "scopes": ["tokens"]},
    {"name": KEEPER, "services": [KEEPER], "scopes": ["admin:users", "groups"]},
    {
        "name": READERS,
        "groups": [READERS],
        "scopes": [f"list:users!group={READERS}", "custom:reports:read"],
    },
]
