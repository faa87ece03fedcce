"""A real PgBouncer on loopback, between a client and a database."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

from index.store.postgres_address import PostgresAddress
from tests.doubles.server_process import ServerProcess

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

_SETTINGS = """
[databases]
{database} = host={host} port={port} dbname={database}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = {mode}
"""


class ConnectionPool(ServerProcess):
    """`pgbouncer` for one database; `mode` is `session`, `transaction` or `statement`."""

    def __init__(self, folder: Path, database_url: str, mode: str) -> None:
        super().__init__()
        self._address = PostgresAddress.of(database_url)
        folder.mkdir()
        self._settings, users = folder / "pgbouncer.ini", folder / "users.txt"
        address = self._address
        text = _SETTINGS.format(
            database=address.database, host=address.host, port=address.port,
            own_port=self.port, users=users, mode=mode,
        )  # fmt: skip
        self._settings.write_text(text)
        users.write_text(f'"{address.user}" "{address.password}"\n', encoding="utf-8")
        for path in (folder, self._settings, users):
            path.chmod(0o755)

    @property
    def database_url(self) -> str:
        """The address of the database through the pool."""
        address = self._address
        password = quote(address.password or "", safe="")
        return f"postgresql://{address.user}:{password}@127.0.0.1:{self.port}/{address.database}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        assert PROGRAM is not None
        as_other = ["-u", "nobody"] if os.geteuid() == 0 else []
        self._process = subprocess.Popen(
            [PROGRAM, "-q", *as_other, str(self._settings)], stderr=subprocess.DEVNULL
        )
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise AssertionError("PgBouncer does not start")
