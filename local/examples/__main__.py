"""Fetch what docs/ is tried with, so that no test waits for a download; say what is not."""

from local import examples
from local.examples import terraform
from local.sam import cli

if __name__ == "__main__":
    examples.environment()
    examples.shellcheck()
    cli.program()
    print(terraform.notice())
