"""Issuers of API keys on loopback over verified TLS: a real JupyterHub, and one of our own."""

from local.issuers.demo import demo_issuer
from local.issuers.issuer import Issuer
from local.issuers.jupyterhub import jupyterhub

__all__ = ["Issuer", "demo_issuer", "jupyterhub"]
