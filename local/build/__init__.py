"""Artifacts: what a function is made of, the same bytes however often it is built."""
