"""From the names on a command line (files, folders, addresses) to documents to add."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from index.errors import LoadError
from index.load.walk import scan
from index.load.web import load_page
from index.schema import SyncFailure
from index.sync import Addition


@dataclass(frozen=True)
class Found:
    """What names led to."""

    additions: tuple[Addition, ...]
    failed: tuple[SyncFailure, ...]


def additions(
    names: Sequence[str], *, inside: Path | None = None, allowed_hosts: Collection[str] = ()
) -> Found:
    """Find the documents that `names` mean; each is added once.

    A file is known by its absolute path, but one in the folder `inside`, which is kept in step
    anyway, by its path in there. `allowed_hosts` may be fetched from inside the private network.
    """
    found: dict[str, Addition] = {}
    failed: list[SyncFailure] = []
    for name in names:
        pages = name.startswith(("http://", "https://"))
        results = _page(name, allowed_hosts) if pages else _files(name, inside)
        for result in results:
            if isinstance(result, Addition):
                found[result.uri] = result
            else:
                failed.append(result)
    return Found(tuple(found.values()), tuple(failed))


def _page(url: str, allowed_hosts: Collection[str]) -> Iterator[Addition | SyncFailure]:
    try:
        yield Addition(uri=url, document=load_page(url, allowed_hosts=frozenset(allowed_hosts)))
    except LoadError as error:
        yield SyncFailure(source=url, reason=error.reason)


def _files(name: str, inside: Path | None) -> Iterator[Addition | SyncFailure]:
    path = Path(name).expanduser().absolute()
    if not path.is_dir():
        yield _file(path, inside)
        return
    scanned = scan(path)
    yield from (_file(file.path.absolute(), inside) for file in scanned.files)
    for failure in scanned.failures:
        yield SyncFailure(source=str(Path(name) / failure.source), reason=failure.reason)
    if not scanned.files and not scanned.failures:
        yield SyncFailure(source=name, reason="There is no document in this folder.")


def _file(path: Path, inside: Path | None) -> Addition:
    """Return the addition of one file; a missing one is found out when it is loaded."""
    kept = inside is not None and path.is_relative_to(inside)
    uri = path.relative_to(inside).as_posix() if inside is not None and kept else str(path)
    return Addition(uri=uri, document=path)
