"""Backends made from any issuer of API keys."""
