"""E-books (EPUB): chapter by chapter in the order of reading, under the titles of its contents."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from index.errors import LoadError
from index.load.composed_text import ComposedText
from index.load.dates import in_utc
from index.load.decode import decode
from index.load.html import whole_page
from index.load.office_package import OfficePackage
from index.load.titles import clean_title, title_from_name
from index.schema import LoadedDocument
from index.text.invisible_characters import invisible_warnings
from index.text.layout import folded

MIME = "application/epub+zip"

_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_VOID = "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr"
_CLOSED = re.compile(rf"<(?!(?:{_VOID})\b)([A-Za-z][\w:-]*)((?:\s[^<>]*)?)/>")
"""An element of XML that is empty; to HTML, it is one that is never closed."""
_DECLARED = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.-]+)", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6} (.+)")
_DEEPEST = 4


class _Item(NamedTuple):
    """A file of the book."""

    path: str
    mime: str
    properties: str


class _Entry(NamedTuple):
    """An entry of the table of contents."""

    title: str
    level: int


def load_epub(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read the chapters of a book; `charset` has no meaning here."""
    book = _Book(OfficePackage(data, name, newer=".epub"), name)
    text = ComposedText()
    warnings: tuple[str, ...] = ()
    for item in book.chapters():
        words, hidden = book.words(item)
        warnings = warnings or hidden
        if words.strip():
            _write(text, words, book.contents.get(item.path))
    if not text.text:
        raise LoadError(name, "It holds no text, only pictures if anything.")
    return LoadedDocument(
        text=text.text,
        title=book.title or title_from_name(name),
        mime=MIME,
        places=tuple(text.places),
        modified=in_utc(book.modified),
        warnings=warnings + invisible_warnings(text.text),
    )


def _write(text: ComposedText, words: str, entry: _Entry | None) -> None:
    """Write a chapter, with the title of the contents above it unless it begins with one."""
    heading = _HEADING.match(words.lstrip("\n"))
    title = entry.title if entry else folded(heading[1]) if heading else ""
    if title:
        label = title if title.casefold().startswith("chapter") else f"chapter {title}"
        text.place(label, fragment=f"chapter={quote(title, safe='')}")
    elif text.places:
        text.place("untitled chapter")
    if entry and heading is None:
        text.heading(entry.level, entry.title)
    text.add(words)


class _Book:
    """The files of a book, and what it says of itself."""

    def __init__(self, package: OfficePackage, name: str) -> None:
        self._package, self._name = package, name
        self._main = self._main_part()
        root = package.tree(self._main)
        if root is None:
            raise LoadError(name, "It is a ZIP archive, but no e-book; save it again.")
        self._items = {
            each.get("id", ""): self._item(each) for each in root.iterfind("{*}manifest/{*}item")
        }
        self._spine = root.find("{*}spine")
        title = root.findtext("{*}metadata/{http://purl.org/dc/elements/1.1/}title") or ""
        self.title = clean_title(title)
        self.modified = next(
            (
                each.text or ""
                for each in root.iterfind("{*}metadata/{*}meta")
                if each.get("property") == "dcterms:modified"
            ),
            "",
        )
        self._refuse_locked()
        self.contents = self._contents()

    def _main_part(self) -> str:
        container = self._package.tree("META-INF/container.xml")
        found = [] if container is None else list(container.iter("{*}rootfile"))
        if not found:
            raise LoadError(self._name, "It is a ZIP archive, but no e-book; save it again.")
        return str(found[0].get("full-path", ""))

    def _path(self, target: str, base: str) -> str:
        """Return where a reference leads, without what follows `#`."""
        target = unquote(target.partition("#")[0])
        return posixpath.normpath(posixpath.join(posixpath.dirname(base), target))

    def _item(self, element: Any) -> _Item:
        return _Item(
            self._path(element.get("href", ""), self._main),
            element.get("media-type", ""),
            element.get("properties", ""),
        )

    def _refuse_locked(self) -> None:
        """Refuse a book whose chapters are encrypted; fonts often are, which harms nobody."""
        root = self._package.tree("META-INF/encryption.xml")
        locked = [] if root is None else root.iter("{*}CipherReference")
        pages = {each.path for each in self._items.values() if each.mime in _PAGES}
        if any(unquote(each.get("URI", "")) in pages for each in locked):
            raise LoadError(self._name, "It is locked against copying; get a copy without a lock.")

    def chapters(self) -> Iterator[_Item]:
        """Yield the files with words in the order of reading, without the table of contents."""
        for reference in () if self._spine is None else self._spine.iterfind("{*}itemref"):
            item = self._items.get(reference.get("idref", ""))
            if item and item.mime in _PAGES and "nav" not in item.properties.split():
                yield item

    def words(self, item: _Item) -> tuple[str, tuple[str, ...]]:
        """Return a chapter as Markdown, and warnings."""
        data = self._package.read(item.path)
        if not data:
            return "", ()
        declared = _DECLARED.match(data[:300].lstrip())
        try:
            decoded = decode(
                data, name=self._name, declared=declared[1].decode("ascii") if declared else None
            )
            return whole_page(_CLOSED.sub(r"<\1\2></\1>", decoded.text), self._name)
        except LoadError:  # a page of pictures
            return "", ()

    def _contents(self) -> dict[str, _Entry]:
        """Return the entry of each file: the one that leads to all of it, or its only one."""
        whole: dict[str, _Entry] = {}
        parts: dict[str, list[_Entry]] = {}
        for target, base, entry in self._entries():
            path = self._path(target, base)
            if "#" in target:
                parts.setdefault(path, []).append(entry)
            else:
                whole.setdefault(path, entry)
        only = {path: entries[0] for path, entries in parts.items() if len(set(entries)) == 1}
        return only | whole

    def _entries(self) -> Iterator[tuple[str, str, _Entry]]:
        """Yield the entries of the newer kind of contents, then of the older one."""
        for item in self._items.values():
            root = self._package.tree(item.path) if "nav" in item.properties.split() else None
            if root is not None:
                yield from self._of_list(root, item.path)
        older = self._items.get("" if self._spine is None else self._spine.get("toc", ""))
        root = None if older is None else self._package.tree(older.path)
        if older is not None and root is not None:
            yield from self._of_points(root, older.path)

    def _of_list(self, root: Any, base: str) -> Iterator[tuple[str, str, _Entry]]:
        for link in root.iterfind(".//{*}nav//{*}li/{*}a"):
            lists = sum(1 for each in link.iterancestors("{*}ol"))
            title = folded("".join(link.itertext()))
            if title:
                yield link.get("href", ""), base, _Entry(title, min(lists, _DEEPEST))

    def _of_points(self, root: Any, base: str) -> Iterator[tuple[str, str, _Entry]]:
        for point in root.iter("{*}navPoint"):
            level = 1 + sum(1 for each in point.iterancestors("{*}navPoint"))
            title = folded(point.findtext("{*}navLabel/{*}text") or "")
            target = point.find("{*}content")
            if title and target is not None:
                yield target.get("src", ""), base, _Entry(title, min(level, _DEEPEST))
