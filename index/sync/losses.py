"""Which files that vanished are not to be forgotten unasked, because they vanished together.

A disk that is not mounted, a share that is away and a clone that is half done look like a folder
from which files were deleted. Believing it costs the answers until they come back, and reading and
embedding them again. So what looks like that stays in the index, marked, until a person confirms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from index.load.archive_names import archive_of

FEWEST = 3
"""Files that must be gone before their number counts.

One or two are deleted by hand every day, of a folder that has three as well; and they are read
again in a moment should it have been a mistake. A folder in which nothing at all is left is held
back whatever it had, since that is what an empty mount point looks like.
"""

WHOLE = "."
"""How the documents folder itself is called among the folders that are gone."""


def held_back(
    gone: Collection[str], *, known: int, there: Collection[str], marked: Collection[str]
) -> set[str]:
    """Return which of the documents whose files are `gone` must stay; all by uri.

    `gone` are those whose content is in no other file either, `known` counts all that the folder
    had, `there` is whatever it holds now, documents or not, and `marked` are those that were held
    back before: what has come into the folder since does not make their loss smaller.
    """
    if not there or (len(gone) >= FEWEST and 2 * len(gone) > known):
        return set(gone)
    sizes = gone_folders(gone, there)
    held = {folder for folder, size in sizes.items() if size >= FEWEST}
    return {uri for uri in gone if uri in marked or not held.isdisjoint(_above(uri))}


def held_documents(
    lost: Iterable[str],
    documents: Collection[str],
    *,
    there: Collection[str],
    marked: Collection[str],
) -> set[str]:
    """Return which of the `documents` that are `lost` must stay, an archive being one file.

    What went from an archive that is there was taken out on purpose.
    """
    archives = set(map(archive_of, there))
    files = {uri: file for uri in lost if (file := archive_of(uri)) not in archives}
    held = held_back(
        set(files.values()),
        known=len(set(map(archive_of, documents))),
        there=there,
        marked=set(map(archive_of, marked)),
    )
    return {uri for uri, file in files.items() if file in held}


def gone_folders(gone: Iterable[str], there: Collection[str]) -> dict[str, int]:
    """Return the topmost folders in which nothing is left, with how many documents each had."""
    if not there:
        return {WHOLE: len(list(gone))}
    left = {folder for uri in there for folder in _above(uri)}
    tops = (next((each for each in _above(uri) if each not in left), None) for uri in gone)
    return dict(sorted(Counter(filter(None, tops)).items()))


def _above(uri: str) -> Iterator[str]:
    """Yield the folders that a file is in, the topmost first."""
    end = uri.find("/")
    while end > 0:
        yield uri[:end]
        end = uri.find("/", end + 1)
