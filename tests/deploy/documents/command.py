"""The real AWS CLI, started once: each command is a fork of it, as its own start takes a second.

Run by the examples' Python as `command.py SOCKET`; ASK is the program `aws` that asks it.
"""

import json
import os
import select
import signal
import socket
import sys
from pathlib import Path

# What stands on the path as `aws`; the shebang, with the socket's path, is put before it.
ASK = r"""import json, os, socket, sys
asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as server:
    server.connect(SOCKET)
    socket.send_fds(server, [len(asked).to_bytes(4)], [0, 1, 2])
    server.sendall(asked)
    sys.exit(int.from_bytes(server.recv(1) or b"\xff"))
"""


def main(path: str) -> None:
    """Answer each asker by itself, until the input ends."""
    # Only the examples' environment has it. What its parts import is what takes the time.
    from awscli import clidriver  # type: ignore[import-not-found]  # noqa: PLC0415

    clidriver.create_clidriver().session.create_client("secretsmanager", "us-east-1")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        print("ready", flush=True)  # noqa: T201 - to who has started it
        # Until who has started it closes its input, or is gone.
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            asker, _ = listening.accept()
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(asker, clidriver)
            asker.close()


def answer(asker: socket.socket, clidriver: object) -> None:
    """Be the command that was asked for: its arguments, folder, variables, input and output."""
    size, streams, *_ = socket.recv_fds(asker, 4, 3)
    asked = b""
    while len(asked) < int.from_bytes(size):
        asked += asker.recv(65536)
    arguments, folder, variables = json.loads(asked)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.chdir(folder)
    data = os.environ["AWS_DATA_PATH"]  # which the CLI sets as it is imported
    os.environ.clear()
    os.environ.update(variables, AWS_DATA_PATH=data)
    try:
        code = clidriver.create_clidriver().main(arguments)  # type: ignore[attr-defined]
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    asker.sendall(int(code or 0).to_bytes(1))
    os._exit(0)


def program(folder: Path, python: Path, path: str) -> None:
    """Write `aws` into the folder."""
    file = folder / "aws"
    file.write_text(f"#!{python} -IS\n{ASK.replace('SOCKET', repr(path), 1)}")
    file.chmod(0o755)


if __name__ == "__main__":
    main(sys.argv[1])
