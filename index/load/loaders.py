"""One way to load a file or bytes, whatever their format."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Protocol

from index.errors import LoadError
from index.load.formats import format_named, format_of_type
from index.load.read_file import read_file, reason_of
from index.load.titles import clean_title, title_from_name
from index.load.unread_kinds import unread_type
from index.schema import LoadedDocument
from index.text.layout import folded

if TYPE_CHECKING:
    # It imports numpy, which a walk over unchanged files has no use for.
    from index.load.text_recognition import Recogniser
    from index.protocols import Loader


class LoadBytes(Protocol):
    """Loads bytes as `load_bytes` does, here or in another process."""

    def __call__(
        self, data: bytes, *, name: str, mime: str | None = None, charset: str | None = None
    ) -> LoadedDocument:
        """Load `data`; raises LoadError."""
        ...


def load_file(
    path: Path, *, name: str | None = None, loaders: Sequence[Loader] = ()
) -> LoadedDocument:
    """Load a file by the first of `loaders` that accepts it, else by its format.

    `name` is what errors call it. Raises LoadError, whatever goes wrong inside a loader.
    """
    name = name or path.name
    loader = next((each for each in loaders if each.accepts(path)), None)
    try:
        if loader is None:
            return load_bytes(read_file(path, name=name), name=path.name)
        return _titled(loader.load(path), path.name)
    except LoadError as error:
        raise LoadError(name, error.reason) from error.__cause__
    except OSError as error:
        raise LoadError(name, reason_of(error)) from error
    except Exception as error:  # one document, in whatever reader, never ends a whole sync
        raise LoadError(name, _unexpected(error)) from error


def load_bytes(
    data: bytes,
    *,
    name: str,
    mime: str | None = None,
    charset: str | None = None,
    recogniser: Recogniser | None = None,
) -> LoadedDocument:
    """Load bytes already read; the format is told by `mime`, else by the ending of `name`.

    Text in pictures is read by `recogniser`, None being what is installed.

    Raises LoadError, whatever goes wrong inside a loader.
    """
    path = PurePath(name)
    found = format_of_type(mime) if mime else format_named(path.suffix.lower())
    if found is None:
        unread = f"It is of type {mime}, which Quoth does not read."
        raise LoadError(name, unread if mime else unread_type(path))
    try:
        return _titled(found.parse(data, name, charset=charset, recogniser=recogniser), name)
    except LoadError:
        raise
    except Exception as error:  # as in load_file
        raise LoadError(name, _unexpected(error)) from error


def _titled(loaded: LoadedDocument, name: str) -> LoadedDocument:
    """Return a document under a title that says something: its own, or one made of `name`."""
    title = clean_title(loaded.title) or title_from_name(name)
    return loaded if title == loaded.title else loaded.model_copy(update={"title": title})


def _unexpected(error: Exception) -> str:
    """Describe a failure that no loader foresaw."""
    return f"It could not be read ({type(error).__name__}: {folded(str(error))[:200]})."
