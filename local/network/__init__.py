"""Sockets of loopback: a TLS server, and what passes bytes on unread."""
