"""Secrets Manager's rotation protocol: the event, the four steps and the labels they move."""
