"""A streaming standby: what the writer does is seen here a moment later, and nothing is written."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from local.processes import children
from local.servers.certificates import Authority
from local.servers.home import home
from local.servers.postgres import configure, login, running
from local.servers.postgres.releases import Version
from local.servers.server import Server


@contextmanager
def standby(
    folder: Path, authority: Authority, writer: Server, *, version: Version = "17"
) -> Iterator[Server]:
    """Run a standby of `writer` while the block runs; `version`, 15 at least, is the writer's too.

    Its log is postgres-<version>-standby.log in `folder`.
    """
    log = folder / f"postgres-{version}-standby.log"
    with home(log, authority) as place:
        server = replace(writer, port=children.free_port(), log=log, restart=None)
        _copy(writer, place.data)
        who = f"user={writer.admin} password={writer.password} sslmode=require"
        where = f"host={writer.host} port={writer.port}"
        configure(place, server, {"primary_conninfo": f"{where} {who}"})
        place.own_data()
        place.data.chmod(0o700)
        with running(version, place, server) as reader:
            yield reader


def _copy(writer: Server, data: Path) -> None:
    """The writer's files as they are, and what has to be made good in them."""
    with login(writer) as admin:
        (source,) = admin.execute("SHOW data_directory").fetchone() or ("",)
        admin.execute("SELECT pg_backup_start('standby', fast => true)")
        unwanted = shutil.ignore_patterns("postmaster.*", "pg_wal")
        shutil.copytree(source, data, ignore=unwanted, dirs_exist_ok=True)
        (data / "pg_wal").mkdir()
        (label,) = admin.execute("SELECT labelfile FROM pg_backup_stop(false)").fetchone() or ("",)
    (data / "backup_label").write_text(label)
    (data / "standby.signal").touch()
