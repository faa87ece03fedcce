"""Moves originals from the home to the address for files, and deletes there what was removed.

The write lock is not held meanwhile: an addition lies in the home, as it does without an address,
and a removal is what the notes say and no document has. Both are known again after a kill. One
process at a time does this; who comes meanwhile leaves it to that one, which looks once more.
"""

from __future__ import annotations

import hashlib
import logging
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from index.errors import ConfigurationError, FilesAway, FilesOfAnother, IndexLocked
from index.store.added_documents import AddedDocuments
from index.store.catalog import Catalog
from index.store.files_address import MARKER, FilesAddress
from index.store.kept_originals import KeptOriginals
from index.store.stored_originals import StoredOriginals
from index.store.write_lock import FILES_LOCK_FILE

logger = logging.getLogger(__name__)


class _Owed(NamedTuple):
    """What is to be done at the address."""

    move: list[str]
    delete: list[str]

    def __bool__(self) -> bool:
        return bool(self.move or self.delete)


class FilesState(NamedTuple):
    """How the address and the notes of it go together."""

    kept: int
    bytes: int
    missing: int
    """Files that were put there and are gone."""
    unknown: int
    """Files that are there and that this index has not put there."""
    waiting: int
    """Files that are still in the home."""


class OriginalsTransfer:
    """What one home owes to the address for files, and the paying of it."""

    def __init__(self, catalog: Catalog, address: FilesAddress, *, keep: bool) -> None:
        """`keep` says whether files are kept at all; else those there are deleted."""
        self._catalog = catalog
        self._home = catalog.home
        self._address = address
        self._keep = keep
        self._told = ""

    def run(self, added: AddedDocuments) -> bool:
        """Do all that is owed; False where that failed, which is logged and tried again later."""
        try:
            return self._pay(added)
        except (FilesAway, ConfigurationError) as error:
            if not isinstance(error, FilesAway) or error.is_news:
                self._tell(f"{error} Until then they stay in {str(self._home)!r}.")
        except OSError as error:
            self._tell(f"The files of added documents cannot be moved: {error.strerror}.")
        return False

    def has_strays(self, added: AddedDocuments) -> bool:
        """Say whether files of no document lie in the home: of one that another home removed."""
        return not KeptOriginals(self._home).names() <= self._wanted(added)

    def _pay(self, added: AddedDocuments) -> bool:
        notes = StoredOriginals(added)
        while self._owed(added, notes):
            try:
                with self._catalog.lock(seconds=0, file=FILES_LOCK_FILE):
                    self._begin(notes)
                    owed = self._owed(added, notes)
                    for sha256 in owed.move:
                        self._move(notes, sha256)
                    for sha256 in owed.delete:
                        self._address.delete(sha256)
                        notes.forget(sha256)
            except IndexLocked:
                return True  # who holds it looks once more, or this home is asked again soon
            self._told = ""
        return True

    def _owed(self, added: AddedDocuments, notes: StoredOriginals) -> _Owed:
        """Return what is owed now; what else is in the home may be what somebody just adds."""
        wanted = self._wanted(added)
        here = KeptOriginals(self._home).names()
        return _Owed(sorted(here & wanted), sorted(notes.sizes().keys() - wanted))

    def _wanted(self, added: AddedDocuments) -> set[str]:
        return set(added.versions().values()) if self._keep else set()

    def _begin(self, notes: StoredOriginals) -> None:
        """See that the address is that of this index, and make it so; raises FilesOfAnother."""
        notes.prepare()
        self._address.claim(notes.index_id())
        before, now = notes.address(), self._address.shown
        if before == now:
            return
        if before and (left := len(notes.sizes())):
            self._tell(
                f"Files of added documents are kept at {now!r} from now on; {left:,} were put at "
                f"{before!r}. Copy them from there, and delete them there."
            )
        notes.note_address(now)

    def _move(self, notes: StoredOriginals, sha256: str) -> None:
        """Put a file at the address, noted before, and take it out of the home after."""
        path = KeptOriginals(self._home).path(sha256)
        with suppress(FileNotFoundError):  # its document was removed this moment
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:  # else it is damaged, and of no use
                notes.note(sha256, len(data))
                self._address.put(sha256, data)
            path.unlink(missing_ok=True)

    def _tell(self, sentence: str) -> None:
        """Log a sentence, once until things are well again."""
        if sentence != self._told:
            self._told = sentence
            logger.warning("%s", sentence)


def files_state(home: Path, address: FilesAddress, added: AddedDocuments) -> FilesState:
    """Try the address, and say what is there; raises FilesAway, FilesOfAnother."""
    notes = StoredOriginals(added)
    address.probe()
    if (owner := address.owner()) is not None and owner != notes.known_id():
        raise FilesOfAnother(address.shown, MARKER)
    there, noted = address.sizes(), notes.sizes()
    return FilesState(
        kept=len(there.keys() & noted),
        bytes=sum(size for sha256, size in there.items() if sha256 in noted),
        missing=len(noted.keys() - there),
        unknown=len(there.keys() - noted),
        waiting=len(KeptOriginals(home).names()),
    )
