"""The key in the home that signs links and sessions; only its owner may read it."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from index.errors import StoreError
from index.store.private_files import make_home

KEY_FILE = "web.key"

_BYTES = 32


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
