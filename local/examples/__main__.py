"""Fetch what docs/examples is tried with, so that no test waits for a download."""

from local import examples

if __name__ == "__main__":
    examples.environment()
    examples.shellcheck()
