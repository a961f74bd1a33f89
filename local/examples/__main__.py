"""Fetch what docs/examples is tried with, so that no test waits for a download; say what is not."""

from local import examples
from local.examples import terraform

if __name__ == "__main__":
    examples.environment()
    examples.shellcheck()
    print(terraform.notice())
