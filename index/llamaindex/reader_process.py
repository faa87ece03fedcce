"""The inside of the process in which a LlamaIndex reader runs: one request, and its documents.

`index.sync.reader_program` starts it and ends it.
"""

from __future__ import annotations

import io
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from index.errors import LoadError
from index.llamaindex.document_groups import grouped
from index.llamaindex.reader_calls import find_reader, read_documents
from index.llamaindex.readers import joined_document
from index.sync.plain_frames import Plain, framed, plain_document, read_frame
from index.text.layout import folded

if TYPE_CHECKING:
    from llama_index.core.schema import Document

_EACH = 20
"""Documents after which it is told how many there are."""

_NAMED = 10
"""Documents that are named of those that are left out for one reason."""

_SHORT = 4
"""Characters of a secret that is too short to be hidden wherever it stands."""

_HIDDEN = "(a secret)"


def main() -> None:
    """Run the reader that standard input names, and write its documents to standard output."""
    requests, replies = io.FileIO(0, closefd=False), _replies()
    request = read_frame(requests)
    if request is None:
        return
    threading.Thread(target=_end_with_parent, args=(requests,), daemon=True).start()
    warnings = _LastWarning()
    logging.getLogger().addHandler(warnings)
    try:
        _run(request, replies, warnings)
    except LoadError as error:
        _write(replies, {"failed": without_secrets(error.reason, request["secrets"])})
    except MemoryError:
        _write(replies, {"failed": "It takes more memory than there is; have it read less."})
    os._exit(0)  # whatever threads it left


def without_secrets(text: str, secrets: Sequence[str]) -> str:
    """Return a text without any of the secrets that a reader was given."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) > _SHORT:
            text = text.replace(secret, _HIDDEN)
    return text


class _LastWarning(logging.Handler):
    """Keeps the last warning or error that was logged: some readers return nothing, and log why."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        try:
            self.text = folded(record.getMessage())[:300]
        except Exception:  # a message that does not fit its arguments
            self.text = folded(str(record.msg))[:300]


class _RefusedDocuments:
    """The documents that could not be read, by why."""

    def __init__(self) -> None:
        self.count = 0
        self._names: dict[str, list[str]] = {}

    def put(self, name: str, reason: str) -> None:
        """Keep one."""
        self.count += 1
        self._names.setdefault(reason, []).append(name)

    def notes(self) -> list[str]:
        """Name the first of each reason, and count the others."""
        return [
            f"Left out: {', '.join(names[:_NAMED])}"
            f"{f' and {len(names) - _NAMED:,} more' if len(names) > _NAMED else ''}. {reason}"
            for reason, names in self._names.items()
        ]


def _run(request: Plain, replies: IO[bytes], warnings: _LastWarning) -> None:
    reader = find_reader(request["reader"])
    documents, is_whole = _read(reader, request, replies)
    if not documents:
        reason = "It returned no documents."
        if warnings.text:
            reason = f"{reason} It said: {warnings.text}"
        raise LoadError(reader.__name__, reason)
    sources = grouped(documents, Path.cwd())
    notes, sent, refused = [], 0, _RefusedDocuments()
    for key, members in sources[: request["documents"]]:
        name = key or reader.__name__
        try:
            loaded = joined_document(members, name, fallback=reader.__name__)
        except LoadError as error:
            refused.put(name, error.reason)
            continue
        if loaded is not None:
            sent += 1
            _write(replies, {"key": key, "document": plain_document(loaded)})
    left = len(sources) - request["documents"]
    if left > 0:
        most = f"Only {request['documents']:,} of its documents are read, which is the limit"
        notes.append(f"{most} (QUOTH_SITE_PAGES); {left:,} are left out.")
    elif not is_whole:
        limit = f"{request['bytes'] // 2**20:,} MiB (QUOTH_SITE_MEGABYTES)"
        notes.append(f"It was read up to {limit}, which is the limit.")
    notes.extend(refused.notes())
    if empty := min(len(sources), request["documents"]) - sent - refused.count:
        notes.append(f"{empty:,} of its documents have no text.")
    if not sent:
        said = " ".join(("There is no text in what it returned.", *refused.notes()))
        raise LoadError(reader.__name__, said)
    end = {"notes": tuple(notes), "is_whole": is_whole and left <= 0}
    _write(replies, end)


def _read(reader: type[Any], request: Plain, replies: IO[bytes]) -> tuple[list[Document], bool]:
    """Return its documents up to the limit, and whether that is all of them."""
    documents: list[Document] = []
    left = request["bytes"]
    for document in read_documents(reader, request["arguments"]):
        if not hasattr(document, "get_content"):
            kind = type(document).__name__
            raise LoadError(reader.__name__, f"It returned a {kind} rather than documents.")
        left -= len(document.get_content().encode("utf-8", "surrogatepass"))
        if left < 0:
            return documents, False
        documents.append(document)
        if len(documents) % _EACH == 1:
            _write(replies, {"seen": len(documents)})
    return documents, True


def _replies() -> IO[bytes]:
    """Return the pipe to the parent; what the reader prints by itself goes nowhere."""
    replies = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return replies


def _write(replies: IO[bytes], frame: Plain) -> None:
    replies.write(framed(frame))
    replies.flush()


def _end_with_parent(requests: io.FileIO) -> None:
    """End this process when the parent's end of the pipe closes."""
    requests.read(1)
    os._exit(1)


if __name__ == "__main__":
    main()
    sys.exit(0)
