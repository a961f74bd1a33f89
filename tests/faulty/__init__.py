"""Bad networks and bad answers on purpose: a TCP proxy, and a front of the Secrets Manager."""
