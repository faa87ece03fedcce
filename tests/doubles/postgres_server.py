"""A real PostgreSQL server on loopback, which can be stopped, killed and frozen."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from itertools import count
from pathlib import Path

from pg8000.native import Connection, identifier

USER = "quoth"
PASSWORD = "käse&brot:42%@"
"""With what has to be written otherwise in an address."""

_PROGRAMS = "/usr/lib/postgresql"
_MEMORY = Path("/dev/shm")
_PREFIX = "quoth-postgres-"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "dynamic_shared_memory_type": "mmap",
    "max_wal_size": "128MB",
    "log_min_messages": "fatal",
}


def missing_server() -> str | None:
    """Say why no server can be started here; None where one can be."""
    if _programs() is None:
        return "the server programs of PostgreSQL are not installed (package postgresql)"
    if os.geteuid() == 0 and _unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no other user to run it"
    return None


class PostgresServer:
    """One server on a folder and a port of its own, with a database for each test."""

    def __init__(self) -> None:
        in_memory = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK)
        parent = _MEMORY if in_memory else Path(tempfile.gettempdir())
        _sweep(parent)
        self.folder = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=parent))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        if (user := _unprivileged()) is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        secret = self.folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        command = ["--pgdata", str(self.folder / "data"), "--username", USER, "--no-sync"]
        command += ["--auth", "scram-sha-256", "--pwfile", str(secret), "--encoding", "UTF8"]
        self._run("initdb", *command).wait()

    def start(self) -> None:
        """Start it, and wait until it lets people in."""
        settings = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": self.folder}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._process = self._run("postgres", "-D", str(self.folder / "data"), *options)
        for _ in range(600):
            try:
                self._admin().close()
            except Exception:
                time.sleep(0.05)
            else:
                return
        raise AssertionError("the PostgreSQL server does not start")

    def url(self, database: str) -> str:
        """Return the address of a database, with user and password."""
        password = "k%C3%A4se&brot%3A42%25%40"
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def make_database(self) -> str:
        """Make an empty database, and return its address."""
        name = f"test_{next(self._numbers)}"
        with self._admin() as admin:
            admin.run(f"CREATE DATABASE {identifier(name)} TEMPLATE template0")
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Delete a database, whoever uses it."""
        with self._admin() as admin:
            admin.run(f"DROP DATABASE {identifier(url.rpartition('/')[2])} WITH (FORCE)")

    def run(self, sql: str) -> list[list[object]]:
        """Run a statement as the one who may do everything."""
        with self._admin() as admin:
            return admin.run(sql) or []

    def encrypt(self, certificate: Path, key: Path) -> None:
        """Encrypt connections that begin from now on, with a certificate and its key."""
        settings = {"ssl_cert_file": certificate, "ssl_key_file": key}
        for name, path in settings.items():
            own = self.folder / name
            own.write_bytes(path.read_bytes())
            own.chmod(0o600)
            if (user := _unprivileged()) is not None:
                os.chown(own, user.pw_uid, user.pw_gid)
            self.run(f"ALTER SYSTEM SET {name} = '{own}'")
        self._encrypt("on")

    def encrypt_no_more(self) -> None:
        """Refuse to encrypt from now on."""
        self._encrypt("off")

    def _encrypt(self, value: str) -> None:
        self.run(f"ALTER SYSTEM SET ssl = {value}")
        self.run("SELECT pg_reload_conf()")
        while self.run("SHOW ssl") != [[value]]:
            time.sleep(0.02)

    def stop(self) -> None:
        """End it as a system that shuts down does: everybody is sent away."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(signal.SIGQUIT)

    def delete(self) -> None:
        """Stop it, and delete what it kept."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None

    def _admin(self) -> Connection:
        return Connection(
            USER, "127.0.0.1", "postgres", self.port, PASSWORD, ssl_context=False, timeout=30
        )

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        folder, user = _programs(), _unprivileged()
        assert folder is not None
        return subprocess.Popen(
            [str(folder / program), *arguments],
            cwd=self.folder,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            env={"LC_ALL": "C.UTF-8", "PATH": os.environ.get("PATH", "")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def _sweep(parent: Path) -> None:
    """End the servers of test processes that were killed, and delete what these kept."""
    for folder in parent.glob(f"{_PREFIX}*-*") if Path("/proc/self").exists() else ():
        with suppress(OSError, ValueError, IndexError):
            if Path("/proc", folder.name.removeprefix(_PREFIX).split("-")[0]).exists():
                continue
            with suppress(FileNotFoundError):
                server = (folder / "data" / "postmaster.pid").read_text().split()[0]
                if str(folder) in Path("/proc", server, "cmdline").read_text():
                    os.kill(int(server), signal.SIGQUIT)
            shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path | None:
    """Return the folder of the newest server's programs."""
    found = sorted(Path(_PROGRAMS).glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    if found:
        return found[-1].parent
    named = shutil.which("initdb")
    return Path(named).resolve().parent if named else None


def _unprivileged() -> pwd.struct_passwd | None:
    """Return who is to run a server where this process may do everything."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None
