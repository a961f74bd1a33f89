"""A release: what is checked and cut, and what is built of it."""
