"""The folders whose `.env` a person has allowed, kept outside of them, one small file for each."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from index.errors import ConfigurationError


class TrustedFolder(NamedTuple):
    """A folder, and what of its `.env` was allowed."""

    folder: Path
    fingerprint: str
    """Hash of what the `.env` said, as in `GivenSettings.fingerprint`."""
    allowed_at: str
    """ISO date and time."""


class TrustedFolders:
    """Reads and writes what one person has allowed."""

    def __init__(self, place: Path | None) -> None:
        self._place = place
        """None where a person has no folder for configuration, and so trusts none."""

    def allows(self, folder: Path, fingerprint: str) -> bool:
        """Say whether exactly this was allowed for a folder."""
        found = self.find(folder)
        return found is not None and found.fingerprint == fingerprint

    def find(self, folder: Path) -> TrustedFolder | None:
        """Return what was allowed for a folder."""
        return None if self._place is None else _read(self._file(self._place, folder))

    def allow(self, folder: Path, fingerprint: str) -> None:
        """Note that a folder may have what is behind `fingerprint`; raises ConfigurationError."""
        if self._place is None:
            raise ConfigurationError(
                "There is no folder to keep what you allow in. Set HOME, or put these settings "
                "into the environment."
            )
        path = self._file(self._place, folder)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = {"folder": str(folder.resolve()), "fingerprint": fingerprint, "allowed_at": now}
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(json.dumps(entry), encoding="ascii")
            new.replace(path)
        except OSError as error:
            raise ConfigurationError(
                f"What you allow cannot be kept in {str(path.parent)!r} ({error.strerror}). Make "
                "that folder writable, or put these settings into the environment."
            ) from None

    def remove(self, folder: Path) -> bool:
        """Trust a folder no more; says whether it was trusted."""
        if self._place is None:
            return False
        with contextlib.suppress(FileNotFoundError):
            self._file(self._place, folder).unlink()
            return True
        return False

    def all(self) -> Iterator[TrustedFolder]:
        """Yield every folder that is trusted, by path."""
        files = [] if self._place is None else list(self._place.glob("*.json"))
        yield from sorted(filter(None, map(_read, files)))

    def _file(self, place: Path, folder: Path) -> Path:
        name = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()
        return place / f"{name}.json"


def trusted_folders(environ: Mapping[str, str]) -> TrustedFolders:
    """Open what the person of this environment has allowed."""
    place = config_folder(environ)
    return TrustedFolders(None if place is None else place / "trusted")


def config_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where this platform keeps a person's configuration of Quoth, if anywhere.

    A relative path is passed over: it would lie in the folder at hand, which is not the person's.
    """
    if sys.platform == "win32":
        return _absolute(environ.get("APPDATA"), "Quoth")
    try:
        home = environ.get("HOME") or str(Path.home())
    except RuntimeError:
        home = ""
    if sys.platform == "darwin":
        return _absolute(home, "Library/Application Support/Quoth")
    return _absolute(environ.get("XDG_CONFIG_HOME"), "quoth") or _absolute(home, ".config/quoth")


def cache_folder(environ: Mapping[str, str]) -> Path | None:
    """Return where this platform keeps what can be made again for a person, if anywhere.

    As `config_folder` passes over a relative path. What the environment does not name is not
    guessed: whoever starts Quoth without a HOME has no such folder.
    """
    if sys.platform == "win32":
        return _absolute(environ.get("LOCALAPPDATA"), "Quoth/Cache")
    home = environ.get("HOME")
    if sys.platform == "darwin":
        return _absolute(home, "Library/Caches/Quoth")
    return _absolute(environ.get("XDG_CACHE_HOME"), "quoth") or _absolute(home, ".cache/quoth")


def _absolute(start: str | None, below: str) -> Path | None:
    return Path(start) / below if start and Path(start).is_absolute() else None


def _read(path: Path) -> TrustedFolder | None:
    """Read one file; None for one that is missing or spoilt, which trusts nothing."""
    try:
        entry = json.loads(path.read_text(encoding="ascii"))
        return TrustedFolder(
            Path(entry["folder"]), str(entry["fingerprint"]), str(entry["allowed_at"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
