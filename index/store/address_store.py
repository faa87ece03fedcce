"""Files at an address that fsspec knows: S3 and what speaks it, Google's and Azure's stores, SFTP.

fsspec and the package of the store are imported here only. Which keys go along is that package's
own matter: it finds them where its other users keep them.
"""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from index.errors import ConfigurationError
from index.text.shown_address import shown_address

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

PACKAGES = {
    "s3": "s3fs",
    "s3a": "s3fs",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "az": "adlfs",
    "sftp": "paramiko",
    "ssh": "paramiko",
    "smb": "smbprotocol",
}
"""What has to be installed for an address that begins so."""

_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az"})
"""Stores in which a file is there once it is whole, and folders need not be made."""

_CONDITIONAL = frozenset({"s3", "s3a"})
"""Stores that can be told to write only what is not there, as tried with their package."""

_LIMITS: dict[str, Any] = {"connect_timeout": 4, "read_timeout": 30, "retries": {"max_attempts": 1}}
"""For S3's client, which else tries for minutes."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": _LIMITS},
    "s3a": {"config_kwargs": _LIMITS},
}

_TRIES = 2
"""For s3fs, which tries again around its client."""


class AddressStore:
    """Files below an address; raises what the packages raise."""

    def __init__(self, address: str) -> None:
        """Raises ConfigurationError where a package is missing or the address is of no kind."""
        self._kind = address.partition("://")[0]
        self._files, self._root = _open(self._kind, address)

    def put(self, name: str, data: bytes) -> None:
        """Write a file, under another name first where a store shows half of it meanwhile."""
        path = self._path(name)
        if self._kind in _WHOLE:
            self._files.pipe_file(path, data)
            return
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        self._files.pipe_file(_unfinished(path), data)
        self._files.mv(_unfinished(path), path)

    def create(self, name: str, data: bytes) -> None:
        """Write a file that is not there yet; raises FileExistsError."""
        if self.has(name):
            raise FileExistsError(name)
        if self._kind not in _CONDITIONAL:
            self.put(name, data)
            return
        try:
            self._files.pipe_file(self._path(name), data, mode="create")
        except OSError as error:
            if error.errno != errno.ENOSYS:  # an older server does not know the condition
                raise
            self.put(name, data)

    def read(self, name: str) -> bytes:
        """Return what is in a file; raises FileNotFoundError."""
        return bytes(self._files.cat_file(self._path(name)))

    def has(self, name: str) -> bool:
        """Say whether a file is there."""
        self._files.invalidate_cache()
        try:
            self._files.info(self._path(name))
        except FileNotFoundError:
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete a file, with what a killed writer left of it."""
        path = self._path(name)
        for each in (path,) if self._kind in _WHOLE else (path, _unfinished(path)):
            with suppress(FileNotFoundError):
                self._files.rm_file(each)

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the bytes of each file of a folder."""
        self._files.invalidate_cache()
        try:
            found = self._files.ls(self._path(folder), detail=True)
        except FileNotFoundError:
            return {}
        return {
            str(each["name"]).rpartition("/")[2]: int(each["size"] or 0)
            for each in found
            if each["type"] == "file"
        }

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"


def _open(kind: str, address: str) -> tuple[AbstractFileSystem, str]:
    """Return what reads and writes at an address, and the path that the address is in it."""
    shown = shown_address(address)
    try:
        import fsspec
    except ImportError:
        raise ConfigurationError(
            f"QUOTH_FILES is {shown!r}, which needs the extra `files`. "
            f"Run `pip install 'quoth[files]'{_besides(kind)}`."
        ) from None
    try:
        made = fsspec.get_filesystem_class(kind)
        options = made._get_kwargs_from_urls(address)
        # Not one that another part of this process has opened, with options of its own.
        opened = made(**options, **_OPTIONS.get(kind, {}), skip_instance_cache=True)
    except ImportError:
        raise ConfigurationError(
            f"QUOTH_FILES is {shown!r}, which needs a package that is not installed. "
            f"Run `pip install 'quoth[files]'{_besides(kind)}`."
        ) from None
    except ValueError:
        raise ConfigurationError(
            f"QUOTH_FILES is {shown!r}, and nothing is known that begins with {kind}://. "
            "Use s3://BUCKET/PREFIX, file:///FOLDER or another address that fsspec knows."
        ) from None
    if kind in _CONDITIONAL:
        opened.retries = _TRIES
    return opened, str(made._strip_protocol(address)).rstrip("/")


def _besides(kind: str) -> str:
    return f" {PACKAGES[kind]}" if kind in PACKAGES else " and the package that fsspec names for it"


def _unfinished(path: str) -> str:
    return f"{path}.partial"
