"""Elements of DocBook and DITA as those of HTML, so that one way leads from both to Markdown.

The two vocabularies share most of their structure: sections with titles, lists, CALS tables, notes,
code. What is particular to one stands in its `Vocabulary`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from index.load.cals_tables import write_cals_table
from index.load.line_signs import FOREIGN, line_sign
from index.load.xml_tree import LINE
from index.text.layout import folded

Rule: TypeAlias = Callable[["ElementWriter", Any, int], None]
"""Writes an element that stands at a level of headings."""

_DEEPEST_HEADING = 6
_LISTS = frozenset({"ul", "ol", "dl"})


@dataclass(frozen=True)
class Vocabulary:
    """What the elements of a markup mean."""

    sections: frozenset[str]
    """What has a title of its own, which is a heading."""
    silent: frozenset[str]
    """What holds no text of the document."""
    renamed: Mapping[str, str]
    """The element of HTML for each that has one."""
    code: frozenset[str]
    """What keeps its lines."""
    notes: Mapping[str, str]
    """What is set off under a name, and that."""
    titles: Collection[str]
    """What holds the title of the element it is in."""
    about: frozenset[str]
    """What holds facts of a section, its title among them."""
    rules: Mapping[str, Rule]
    apart: frozenset[str]
    """What of that stands by itself, rather than among words."""

    def stands_apart(self, tag: str) -> bool:
        """Say whether an element stands by itself."""
        if tag in self.rules:
            return tag in self.apart
        known = tag in self.titles or tag in self.code or tag in self.notes
        return known or self.renamed.get(tag, "span") != "span"


@dataclass
class ElementWriter:
    """Writes one document as elements of HTML."""

    vocabulary: Vocabulary
    targets: Mapping[str, str]
    """Titles by the id of what they are of."""
    unfilled: int = 0
    """How many elements take their text from elsewhere."""
    included: dict[str, None] = field(default_factory=dict)
    """Files that belong into it."""
    _before: str = ""
    """What is to stand before the next words."""
    _line: str = ""
    """The line that the next words stand in, where a block begins with them."""
    tables: int = 0
    """How many tables are open; lines are told of the rows of the outermost."""

    def written(self, root: Any) -> Any:
        """Return the body of a page."""
        from lxml import etree  # type: ignore[import-untyped]

        self._builder = etree.TreeBuilder()
        self.start("body")
        self.write(root, 0)
        self.end("body")
        return self._builder.close()

    def start(self, tag: str, **attributes: str) -> None:
        """Begin an element."""
        if tag == "table":
            self.tables += 1
            self._line = ""
        self._builder.start(tag, attributes)

    def start_row(self, element: Any) -> None:
        """Begin a row of a table, with its line."""
        self.start("tr")
        if self.tables == 1:
            self._line = element.get(LINE, "")

    def end(self, tag: str) -> None:
        """End an element."""
        if tag == "table":
            self.tables -= 1
            self._line = ""
        self._builder.end(tag)

    def data(self, words: str | None, *, as_is: bool = False) -> None:
        """Write words; white space before the first of a block goes, unless they are `as_is`."""
        if not words:
            return
        words = FOREIGN.sub("\ufffd", words)
        if (self._before or self._line) and words.strip():
            first = words if as_is else words.lstrip()
            words = line_sign(self._line) + self._before + first
            self._before = self._line = ""
        self._builder.data(words)

    def block(self, tag: str, words: str) -> None:
        """Write an element that holds words, if there are any."""
        if words.strip():
            self.start(tag)
            self.data(words, as_is=True)
            self.end(tag)

    def children(self, element: Any, level: int) -> None:
        """Write what an element holds."""
        self.data(element.text)
        for child in element:
            self.write(child, level)
            self.data(child.tail)

    def wrapped(self, tag: str, element: Any, level: int) -> None:
        """Write what an element holds as one of HTML."""
        if tag == "tr":
            self.start_row(element)
        else:
            self.start(tag)
        self.children(element, level)
        self.end(tag)

    def write(self, element: Any, level: int) -> None:
        """Write an element by the first rule that fits it."""
        known, tag = self.vocabulary, element.tag
        if tag in known.silent:
            return
        if not self.tables and known.stands_apart(tag):
            self._line = element.get(LINE, "")
        if tag in known.rules:
            known.rules[tag](self, element, level)
        elif tag in known.sections:
            self.wrapped("section", element, level + has_title(element, known))
        elif tag in known.titles:
            self._title(element, level)
        elif tag in known.code:
            self.block("pre", code_words(element, known).rstrip().lstrip("\n"))
        elif tag in known.notes:
            self.note(element, level, known.notes[tag])
        elif tag == "tgroup":
            write_cals_table(self, element, level)
        else:
            self._renamed(known.renamed.get(tag, "span"), element, level)

    def _renamed(self, tag: str, element: Any, level: int) -> None:
        """Write an element as one of HTML; what a list is called stands before it."""
        titles = [each for each in element if each.tag in self.vocabulary.titles]
        if tag not in _LISTS or not titles:
            self.wrapped(tag, element, level)
            return
        self._title(titles[0], level)
        self.start(tag)
        for child in element:
            if child not in titles[:1]:
                self.write(child, level)
        self.end(tag)

    def note(self, element: Any, level: int, name: str) -> None:
        """Write what is set off, its title or name before its first words."""
        titles = [child for child in element if child.tag in self.vocabulary.titles]
        told = self.words(titles[0]) if titles else name
        self.start("div")
        self._before = f"{told}: " if told else ""
        self.data(element.text)
        for child in element:
            if child not in titles[:1]:
                self.write(child, level)
            self.data(child.tail)
        self._before = ""
        self.end("div")

    def reference(self, element: Any, target: str | None) -> None:
        """Write a reference without words of its own: the title of its target, or what it is."""
        said = self.targets.get(target or "") or target
        self.data(said and f"“{said}”" if target in self.targets else said)

    def words(self, element: Any) -> str:
        """Return the words of an element on one line."""
        return folded("".join(_texts(element, self.vocabulary.silent)))

    def _title(self, element: Any, level: int) -> None:
        parent = element.getparent()
        if parent is not None and parent.tag in self.vocabulary.about:
            parent = parent.getparent()
        is_heading = parent is None or parent.tag in self.vocabulary.sections
        tag = f"h{min(max(level, 1), _DEEPEST_HEADING)}" if is_heading else "p"
        self.wrapped(tag, element, level)


def has_title(element: Any, vocabulary: Vocabulary) -> bool:
    """Say whether a section has a title, in itself or among its facts."""
    return title_of(element, vocabulary) is not None


def title_of(element: Any, vocabulary: Vocabulary) -> Any | None:
    """Return the title of an element; None without one."""
    for child in element:
        if child.tag in vocabulary.titles:
            return child
        if child.tag in vocabulary.about:
            for inner in child:
                if inner.tag in vocabulary.titles:
                    return inner
    return None


def titles_by_id(root: Any, vocabulary: Vocabulary, names: Collection[str]) -> dict[str, str]:
    """Return the titles of what has an id, or what else stands in it under one of `names`."""
    found: dict[str, str] = {}
    for element in root.iter():
        id = element.get("id")
        if id is None:
            continue
        title = title_of(element, vocabulary)
        if title is None:
            title = next((child for child in element if child.tag in names), None)
        if title is not None and id not in found:
            found[id] = folded("".join(_texts(title, vocabulary.silent)))[:200]
    return found


def code_words(element: Any, vocabulary: Vocabulary) -> str:
    """Return the words of code, as its lines stand."""
    return "".join(_texts(element, vocabulary.silent))


def _texts(element: Any, silent: Collection[str]) -> Iterator[str]:
    """Yield the texts inside an element, but for what is silent, however deep they stand."""
    yield element.text or ""
    open_elements = [iter(element)]
    tails = [""]
    while open_elements:
        child = next(open_elements[-1], None)
        if child is None:
            open_elements.pop()
            yield tails.pop()
        elif child.tag in silent:
            yield child.tail or ""
        else:
            yield child.text or ""
            open_elements.append(iter(child))
            tails.append(child.tail or "")
