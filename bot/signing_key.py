"""The key that signs links and sessions: in the home, for its owner alone, or in the database that
homes share, so that what one signs opens a page at the others."""

from __future__ import annotations

import contextlib
import os
import secrets
from contextlib import closing
from pathlib import Path

from index.config import IndexConfig
from index.errors import StoreError
from index.store.postgres_address import PostgresAddress, shared_address
from index.store.postgres_types import for_postgres
from index.store.private_files import make_home
from index.store.sqlite_file import script

KEY_FILE = "web.key"

KEYS_SCHEMA = "keys"

_BYTES = 32


_TABLE = "CREATE TABLE keys (name TEXT PRIMARY KEY, key BLOB NOT NULL)"
_NAME = "web"


def signing_key_of(config: IndexConfig) -> bytes:
    """Return the key of a home, or of all who share its database; raises StoreError."""
    address = shared_address(config)
    return signing_key(config.home) if address is None else _shared_key(address)


def _shared_key(address: PostgresAddress) -> bytes:
    from index.store.postgres import PostgresDatabase

    with closing(PostgresDatabase(address, KEYS_SCHEMA, [script(for_postgres(_TABLE))])) as keys:
        query, name = "SELECT key FROM keys WHERE name = ?", (_NAME,)
        if (found := keys.row(query, name)) is None:
            with keys.transaction() as write:
                write.execute(
                    "INSERT INTO keys VALUES (?, ?) ON CONFLICT DO NOTHING",
                    (_NAME, secrets.token_bytes(_BYTES)),
                )
            found = keys.row(query, name)
    assert found is not None
    return bytes(found[0])


def signing_key(home: Path) -> bytes:
    """Return the key of a home, made when it is first wanted.

    Raises StoreError where it cannot be read, or others may read it.
    """
    path = home / KEY_FILE
    try:
        make_home(home)
        if not path.exists():
            _make(path)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o600)
            path.unlink()  # others may have read it: what it signed holds no longer
            _make(path)
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(
            f"The key {str(path)!r} cannot be read or written ({error.strerror}). Check that the "
            "user who runs Quoth may write to that folder."
        ) from error
    if len(key) != _BYTES:
        raise StoreError(f"The key {str(path)!r} is damaged. Delete it; a new one is made.")
    return key


def _make(path: Path) -> None:
    """Write a key whole or not at all; of two processes, the one that was first wins."""
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_bytes(_BYTES))
        with contextlib.suppress(FileExistsError):
            os.link(new, path)
    finally:
        new.unlink()
