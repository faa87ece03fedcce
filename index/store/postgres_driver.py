"""Connections of the driver to a PostgreSQL server: encryption, settings, what is refused at once.

A pool between the two may lend a connection of the server for one transaction only. Locks and
settings of a connection would then be those of whoever has it next: that is noticed and refused.
"""

from __future__ import annotations

import os
import socket
import ssl
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from index.errors import ConfigurationError, StoreError
from index.store.postgres_address import PostgresAddress
from index.store.postgres_errors import away, failure_of, shared_session, unencrypted, untrusted

if TYPE_CHECKING:
    from pg8000.native import Connection as Driver

LOCK_SECONDS = 10.0
"""How long a statement waits for another writer; writes take milliseconds."""

_CONNECT_SECONDS = 5.0
"""How long a server may take to answer at all."""

STATEMENT_SECONDS = 120.0
"""How long it may take over one statement before it is taken for gone; most take milliseconds."""

_REST_SECONDS = 30
"""How long a transaction may rest before the server ends it: its process hangs, and others wait."""

_OLDEST_SERVER = 13

_LONGEST_NAME = 63
"""Bytes of a name that a server keeps."""

_NO_SSL = "refuses SSL"
"""What the driver says of a server that encrypts nothing."""

_BACKEND = "SELECT pg_backend_pid()"


def connect(
    address: PostgresAddress,
    schema: str,
    lock_seconds: float = LOCK_SECONDS,
    *,
    seconds: float | None = STATEMENT_SECONDS,
) -> Driver:
    """Open a connection whose tables are those of a schema; raises DatabaseAway, StoreError.

    A server that takes longer than `seconds` over one statement is taken for gone; None waits.
    """
    driver, port = _opened(address, seconds)
    try:
        _check_server(driver, address)
        if _told(driver, address, "SELECT inet_client_port()") != port:
            _check_pool(address)  # the server sees another client than this one
        # Not as parameters of the start, which a pool refuses.
        _told(
            driver,
            address,
            f"SET search_path = '{schema}'; SET lock_timeout = {int(lock_seconds * 1000)}; "
            f"SET idle_in_transaction_session_timeout = {_REST_SECONDS * 1000}; "
            "SET client_min_messages = warning",
        )
    except BaseException:
        close_driver(driver)
        raise
    return driver


def _opened(address: PostgresAddress, seconds: float | None) -> tuple[Driver, int | None]:
    """Open a connection as it comes; returns it with the port of this end, if it has one."""
    try:
        from pg8000.exceptions import DatabaseError, InterfaceError
        from pg8000.native import Connection
    except ImportError as error:
        raise ConfigurationError(
            "QUOTH_DATABASE_URL needs the driver of PostgreSQL: pip install 'quoth[postgres]'"
        ) from error

    def opened(ssl_context: ssl.SSLContext | bool) -> tuple[Driver, int | None]:
        sock = _socket(address, seconds)
        port = None if address.is_local else sock.getsockname()[1]
        made = Connection(
            address.user,
            database=address.database,
            password=address.password,
            host=address.host,
            sock=sock,
            ssl_context=ssl_context,
            application_name=process_name(),
        )
        return made, port

    try:
        if address.ssl_mode != "prefer" or address.is_local:
            return opened(_ssl(address))
        try:
            return opened(_unchecked())
        except InterfaceError as error:
            if _NO_SSL not in str(error):
                raise
            return opened(False)
    except ssl.SSLCertVerificationError as error:
        raise untrusted(address, error.verify_message) from error
    except DatabaseError as error:
        raise failure_of(error.args[0], address) from error
    except (InterfaceError, OSError) as error:
        if _NO_SSL in str(error):
            raise unencrypted(address) from error
        raise away(address, str(error.__cause__ or error)) from error


def _told(driver: Driver, address: PostgresAddress, sql: str) -> object:
    """Return the first value of what a server says to a statement; None where it says none."""
    from pg8000.exceptions import DatabaseError, InterfaceError

    try:
        rows = driver.execute_simple(sql).rows
    except DatabaseError as error:
        raise failure_of(error.args[0], address) from error
    except (InterfaceError, OSError) as error:
        raise away(address, str(error) or type(error).__name__) from error
    return rows[0][0] if rows else None


def _socket(address: PostgresAddress, seconds: float | None) -> socket.socket:
    if address.is_local:
        made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            made.settimeout(_CONNECT_SECONDS)
            made.connect(str(Path(address.host) / f".s.PGSQL.{address.port}"))
        except BaseException:
            made.close()
            raise
    else:
        made = socket.create_connection((address.host, address.port), _CONNECT_SECONDS)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    made.settimeout(seconds)
    return made


def process_name() -> str:
    """Return what this process is called where the server lists its connections."""
    return f"quoth {os.getpid()}@{socket.gethostname()}"[:_LONGEST_NAME]


def _unchecked() -> ssl.SSLContext:
    """Encrypt, whoever answers; reads no certificates, which takes 30 ms."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _ssl(address: PostgresAddress) -> ssl.SSLContext | bool:
    """Return how the connection is encrypted: False is not at all."""
    mode = address.ssl_mode
    if address.is_local or mode == "disable":
        return False
    if mode == "require" and address.ssl_root is None:
        return _unchecked()
    try:
        context = ssl.create_default_context(cafile=address.ssl_root)
    except OSError as error:
        raise ConfigurationError(
            f"The file {address.ssl_root!r} that QUOTH_DATABASE_URL names as sslrootcert cannot be "
            f"read ({error.strerror or error})."
        ) from error
    context.check_hostname = mode == "verify-full"
    return context


def _check_server(driver: Driver, address: PostgresAddress) -> None:
    """Refuse a server that is too old, and a database that cannot hold every text."""
    said = driver.parameter_statuses
    version = said.get("server_version", "")
    if version and int(version.split(".")[0].split()[0]) < _OLDEST_SERVER:
        raise StoreError(
            f"The database {address.shown!r} is on PostgreSQL {version}; Quoth needs "
            f"{_OLDEST_SERVER} or newer."
        )
    if said.get("server_encoding", "UTF8") != "UTF8":
        raise StoreError(
            f"The database {address.shown!r} keeps texts as {said['server_encoding']}. Make one "
            "for Quoth with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0."
        )


@lru_cache(maxsize=8)
def _check_pool(address: PostgresAddress) -> None:
    """Refuse a pool that does not keep a connection of the server for each client."""
    with ExitStack() as opened:
        first, second = (_opened(address, STATEMENT_SECONDS)[0] for _ in range(2))
        for each in (first, second):
            opened.callback(close_driver, each)
        seen = [_told(each, address, _BACKEND) for each in (first, second, first)]
    if seen[0] == seen[1] or seen[0] != seen[2]:
        raise shared_session(address)


def close_driver(driver: Driver) -> None:
    """End a connection."""
    with suppress(Exception):  # whatever it says, it is done with
        driver.close()
