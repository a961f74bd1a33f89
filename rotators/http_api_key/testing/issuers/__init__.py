"""Issuers of API keys on loopback over verified TLS: a real JupyterHub, and one of our own."""

from rotators.http_api_key.testing.issuers.demo import demo_issuer
from rotators.http_api_key.testing.issuers.issuer import Issuer
from rotators.http_api_key.testing.issuers.jupyterhub import jupyterhub

__all__ = ["Issuer", "demo_issuer", "jupyterhub"]
