"""Documents to add by hand, from names, bytes and texts."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from index.errors import LoadError
from index.load.archive_names import ENDING
from index.load.folder_walk import scan
from index.load.formats import SUFFIXES
from index.load.loaders import LoadBytes, load_bytes
from index.schema import LoadedDocument, SyncFailure, UnreadFile
from index.store.catalog_rows import FileState
from index.sync.prepared_batch import has_pages_to_show
from index.text.counted_kinds import counted_kinds

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")


@dataclass(frozen=True)
class Addition:
    """A document to add by hand."""

    uri: str
    """Absolute path, URL, or any other name unlike the others of the collection."""
    document: LoadedDocument | Path
    """Finished text, or a file to load."""
    added_by: str | None = None
    sha256: str | None = None
    """Of the original bytes; computed where it is not known."""
    followed: bool = False
    """Whether it is a file of the documents folder after all, which brings it back."""
    original: bytes | None = None
    """The file it was read from, where that lies nowhere else."""
    moved_from: str | None = None
    """The uri under which the same source is indexed so far."""


def named_additions(
    names: Sequence[str],
    *,
    inside: Path | None = None,
) -> list[Addition | SyncFailure | UnreadFile]:
    """Find the documents and archives that `names` mean (files and folders), each once.

    A file is known by its absolute path, but one in the folder `inside`, which is kept in step
    anyway, by its path in there. What folders hold besides follows.
    """
    found: dict[str, Addition] = {}
    others: dict[str, SyncFailure | UnreadFile] = {}
    inside = None if inside is None else plain_path(inside)
    for name in names:
        for result in _files(name, inside):
            if isinstance(result, Addition):
                found[result.uri] = result
            else:
                others[result.source] = result
    return [*found.values(), *others.values()]


def file_addition(
    name: str, content: bytes, *, added_by: str | None = None, load: LoadBytes = load_bytes
) -> Addition | SyncFailure:
    """Read an uploaded file."""
    try:
        document = load(content, name=name)
    except LoadError as error:
        return SyncFailure(source=name, reason=error.reason)
    sha256 = hashlib.sha256(content).hexdigest()
    original = content if has_pages_to_show(document) else None
    return Addition(name, document, added_by, sha256, original=original)


def text_addition(
    name: str, text: str, *, title: str, url: str | None = None, added_by: str | None = None
) -> Addition | SyncFailure:
    """Take a text that people wrote, such as a message or a team answer, as of now."""
    try:
        read = load_bytes(text.encode(errors="replace"), name=name, mime="text/plain")
    except LoadError as error:
        return SyncFailure(source=name, reason=error.reason)
    stated = {"title": title, "url": url, "modified": datetime.now(UTC)}
    return Addition(name, read.model_copy(update=stated), added_by)


def state_of_followed(addition: Addition, seen: FileState | None) -> FileState | None:
    """Have a file of the folder that was added by hand looked at again; None for other documents.

    So the folder, not the added documents, answers for it from now on.
    """
    if seen is not None:
        return seen._replace(size=-1, failure=None)
    if not addition.followed or not isinstance(addition.document, Path):
        return None
    try:
        facts = addition.document.stat()
    except OSError:
        return FileState(size=-1, mtime_ns=0, ctime_ns=0)  # it vanished, which the folder will say
    return FileState(size=-1, mtime_ns=facts.st_mtime_ns, ctime_ns=facts.st_ctime_ns)


def plain_path(name: str | Path) -> Path:
    """Return an absolute path without `..`, so that each file has one name; links stay."""
    named = Path(name).expanduser().absolute()
    plain = Path(os.path.normpath(named))
    if named.exists() and not (plain.exists() and plain.samefile(named)):
        return named.resolve()  # `..` behind a link to a folder elsewhere
    return plain


def _unlike_path(name: str) -> str | None:
    """Say why a name is that of no file, though somebody may take it for one."""
    if not name.strip():
        return "An empty name is no file. Give a file, a folder or an address."
    if os.path.lexists(Path(name).expanduser()):
        return None
    if name == "-":
        return "Standard input is not read. Give a file, a folder or an address."
    if found := _SCHEME.match(name):
        near = difflib.get_close_matches(found[1].lower(), ("https", "http"), n=1)
        guess = f" Did you mean {near[0]}://{name[found.end() :]}?" if near else ""
        return f"Only addresses that begin with http:// or https:// are read.{guess}"
    if name.lower().startswith("www."):
        return f"An address begins with http:// or https://. Did you mean https://{name}?"
    return None


def _files(name: str, inside: Path | None) -> Iterator[Addition | SyncFailure | UnreadFile]:
    if reason := _unlike_path(name):
        yield SyncFailure(source=name.strip() or repr(name), reason=reason)
        return
    path = plain_path(name)
    if not path.is_dir():
        yield _file(path, inside)
        return
    scanned = scan(path, suffixes=SUFFIXES | {ENDING})
    yield from (_file(file.path.absolute(), inside) for file in scanned.files)
    for failure in scanned.failures:
        yield SyncFailure(source=str(Path(name) / failure.source), reason=failure.reason)
    if scanned.files or scanned.failures:
        for each in scanned.skipped:
            yield UnreadFile(source=str(Path(name) / each.uri), kind=each.kind)
    else:
        kinds = counted_kinds(Counter(each.kind for each in scanned.skipped))
        said = f" ({kinds})" if kinds else ""
        yield SyncFailure(source=name, reason=f"There is no document in this folder{said}.")


def _file(path: Path, inside: Path | None) -> Addition:
    """Return the addition of one file; a missing one is found out when it is loaded."""
    kept = inside is not None and path.is_relative_to(inside)
    uri = path.relative_to(inside).as_posix() if inside is not None and kept else str(path)
    return Addition(uri=uri, document=path, followed=kept)
