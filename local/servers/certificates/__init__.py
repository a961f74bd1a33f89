"""A private certificate authority: every local server has a certificate that clients verify."""

from local.servers.certificates.authority import (
    CA_LASTS,
    IN_DOCKER,
    LOOPBACK,
    Authority,
    Certificate,
    issue_itself,
    write_private,
)
from local.servers.certificates.form import SLACK, Form

__all__ = [
    "CA_LASTS",
    "IN_DOCKER",
    "LOOPBACK",
    "SLACK",
    "Authority",
    "Certificate",
    "Form",
    "issue_itself",
    "write_private",
]
