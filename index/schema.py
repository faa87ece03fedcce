"""The frozen values that travel between the stages of the index.

Every offset counts Python characters (code points) of `Source.text`, the canonical text of one
version of one document; every span is half open, so `text[start:end]` is the quoted text.
Answers and citations live in `bot.schema`.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from datetime import datetime
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PassageKind = Literal["paragraph", "list", "table", "code"]
SourceState = Literal["indexing", "ready", "stale", "failed", "unread", "ignored"]
"""`stale`: its new version could not be read, so the old one answers; `unread`: no document, by its
kind; `ignored`: left out because a file `.quothignore` or `.gitignore` says so."""


class Value(BaseModel):
    """A frozen value that knows exactly its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(Value):
    """A half-open range of characters of a canonical text."""

    start: int = Field(ge=0, description="Offset of the first character.")
    end: int = Field(ge=0, description="Offset behind the last character.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end < self.start:
            raise ValueError(f"a span may not end ({self.end}) before it starts ({self.start})")
        return self

    def of(self, text: str) -> str:
        """Return the characters of `text` in this span."""
        return text[self.start : self.end]


class Place(Value):
    """Where a stretch of canonical text stands in an original whose lines are not the text's."""

    start: int = Field(ge=0, description="Offset from which it holds, up to the next place.")
    label: str = Field(description="What people call it: `slide`, `sheet Prices, row`.")
    number: int | None = Field(default=None, description="Its number, which follows the label.")
    each_line: bool = Field(
        default=False, description="Whether the number goes up by one with every line of the text."
    )
    fragment: str = Field(
        default="", description="What a locator has behind `#`, before the number: `slide=`."
    )

    @property
    def fields(self) -> tuple[int, str, int | None, bool, str]:
        """Its fields in order, as files and pipes hold them."""
        return (self.start, self.label, self.number, self.each_line, self.fragment)

    @classmethod
    def of(
        cls, start: int, label: str, number: int | None, each_line: bool, fragment: str
    ) -> Place:
        """Return the place that has these `fields`."""
        return cls(start=start, label=label, number=number, each_line=each_line, fragment=fragment)


class Region(NamedTuple):
    """Where in a picture a stretch of canonical text was read.

    The edges are ten-thousandths of the picture's or page's width and height, from its upper left
    corner.
    """

    start: int
    end: int
    left: int
    top: int
    right: int
    bottom: int


class PictureBox(Value):
    """Where in which picture a quote was read."""

    page: int | None = Field(default=None, description="Page, from 1; None without pages.")
    edges: tuple[int, int, int, int] = Field(
        description="Left, top, right, bottom, in ten-thousandths of its width and height."
    )


class PagePicture(Value):
    """A page of a document as its reader sees it, what is quoted of it marked."""

    png: bytes = Field(description="The picture: all of the page, or what lies around the quote.")
    page: int = Field(description="Number of the page, from 1.")
    is_marked: bool = Field(description="Whether the quote is marked, and nothing else.")
    note: str | None = Field(
        default=None, description="What a person should know: why nothing is marked, say."
    )


class LoadedDocument(Value):
    """What a loader makes of one file or page: canonical text and what the file says of itself."""

    text: str = Field(description="Canonical text; every offset refers to it.")
    title: str = Field(description="Title found in the document, or made from its name.")
    mime: str = Field(description="Media type of the original.")
    pages: tuple[Span, ...] = Field(default=(), description="Span of each page, for paged media.")
    places: tuple[Place, ...] = Field(
        default=(), description="Slides, rows, messages: in order, for originals that have them."
    )
    regions: tuple[Region, ...] = Field(
        default=(), description="In order, the lines of the text that were read from pictures."
    )
    url: str | None = Field(default=None, description="Address of the original, from metadata.")
    modified: datetime | None = Field(
        default=None, description="When the document says it was last changed."
    )
    warnings: tuple[str, ...] = Field(
        default=(), description="What a person should know: hidden text, pages without text."
    )


class Source(LoadedDocument):
    """One version of one document of a collection, with its canonical text."""

    id: str = Field(description="The same for every version, and when its file is renamed.")
    collection: str = Field(description="Name of the collection it belongs to.")
    uri: str = Field(description="Path relative to the documents folder, absolute path, or URL.")
    sha256: str = Field(description="SHA-256 of the original bytes: names this version.")
    added_at: datetime = Field(description="When it came into the collection, in UTC.")
    added_by: str | None = Field(default=None, description="Who added it, where that is known.")
    missing: bool = Field(
        default=False, description="Whether its file was not found at the last look at the folder."
    )
    stale: bool = Field(
        default=False, description="Whether its file has a newer version that could not be read."
    )

    def page_at(self, offset: int) -> int | None:
        """Return the page number, counted from 1, that holds `offset`; None without pages."""
        return bisect_right(self.pages, offset, key=lambda page: page.start) or None

    def regions_of(self, span: Span) -> tuple[Region, ...]:
        """Return where what of `span` was read from a picture stands in it, in order."""
        first = bisect_right(self.regions, span.start, key=lambda region: region.end)
        last = bisect_left(self.regions, span.end, key=lambda region: region.start)
        return self.regions[first:last]

    def picture_of(self, span: Span) -> PictureBox | None:
        """Return where on its first page with such text what of `span` was read from a picture."""
        found = self.regions_of(span)
        if not found:
            return None
        page = self.page_at(found[0].start)
        lines = [region for region in found if self.page_at(region.start) == page]
        return PictureBox(
            page=page,
            edges=(
                min(line.left for line in lines),
                min(line.top for line in lines),
                max(line.right for line in lines),
                max(line.bottom for line in lines),
            ),
        )

    def lines_of(self, span: Span) -> tuple[int, int]:
        """Return the first and last line number, counted from 1, that `span` touches."""
        first = self.text.count("\n", 0, span.start) + 1
        return first, first + self.text.count("\n", span.start, max(span.start, span.end - 1))


class Passage(Value):
    """A stretch of a source that is embedded and retrieved as one."""

    id: str = Field(description="Hash of source, content and occurrence: survives other edits.")
    source_id: str = Field(description="The source it was cut from.")
    ordinal: int = Field(ge=0, description="Position among the passages of its source, from 0.")
    start: int = Field(ge=0, description="Offset of the first character in the source's text.")
    end: int = Field(ge=0, description="Offset behind the last character.")
    text: str = Field(description="Always `source.text[start:end]`.")
    page: int | None = Field(default=None, description="Page of the first character, from 1.")
    heading: tuple[str, ...] = Field(default=(), description="Headings above it, outermost first.")
    kind: PassageKind = Field(default="paragraph", description="Structure it was cut from.")
    sentences: tuple[Span, ...] = Field(
        default=(),
        description="Its sentences, items or rows: spans of the source's text, in order.",
    )

    @property
    def span(self) -> Span:
        """Where the passage stands in its source."""
        return Span(start=self.start, end=self.end)


class Hit(Value):
    """A passage found for a query, with how it was found."""

    passage: Passage = Field(description="The passage, verbatim.")
    source: Source = Field(description="The version of the document it stands in.")
    dense_rank: int | None = Field(default=None, description="Rank by embedding, from 1.")
    lexical_rank: int | None = Field(default=None, description="Rank by words, from 1.")
    score: float = Field(ge=0, le=1, description="Calibrated probability that it answers.")


class Evidence(Value):
    """The identity of a quote: a span of one version of one source."""

    source_id: str = Field(description="The source quoted.")
    sha256: str = Field(description="The version quoted.")
    start: int = Field(ge=0, description="Offset of the first character of the quote.")
    end: int = Field(ge=0, description="Offset behind its last character.")

    def overlaps(self, other: Evidence) -> bool:
        """Say whether two quotes of one source have a character in common."""
        same = self.source_id == other.source_id
        return same and self.start < other.end and other.start < self.end


class SyncFailure(Value):
    """One document that could not be indexed, and why."""

    source: str = Field(description="Path or address as the person gave it.")
    reason: str = Field(description="One plain sentence.")


class UnreadFile(Value):
    """A file of the folder that is no document, by its kind."""

    source: str = Field(description="Path relative to the folder.")
    kind: str = Field(description="Its ending in lower case, such as `.mp4`; empty without one.")


class SyncReport(Value):
    """What a synchronisation did."""

    added: int = Field(default=0, description="Sources new to the collection.")
    updated: int = Field(default=0, description="Sources whose content changed.")
    unchanged: int = Field(default=0, description="Sources left as they were.")
    removed: int = Field(default=0, description="Sources gone from the folder and the index.")
    failed: tuple[SyncFailure, ...] = Field(default=(), description="Documents not indexed.")
    not_read: tuple[UnreadFile, ...] = Field(
        default=(), description="Files of the folder that are no documents."
    )
    ignored: int = Field(default=0, description="Files and folders that are left out on purpose.")
    waiting: int = Field(default=0, description="Files still being written, for the next look.")
    unread: int = Field(default=0, description="Documents left to the next run for want of time.")
    awaiting: int = Field(
        default=0, description="Passages found by words only, until they are embedded."
    )
    helped: int = Field(default=0, description="Documents that were read for another process.")
    passages: int = Field(default=0, description="Passages in the collection afterwards.")
    embedded: int = Field(default=0, description="Passages whose vectors were computed.")
    kept: int = Field(default=0, description="Passages that needed no computing.")
    seconds: float = Field(default=0.0, description="Time taken.")
    warnings: tuple[SyncFailure, ...] = Field(
        default=(), description="Indexed, with something a person should know."
    )
    languages: dict[str, int] = Field(
        default_factory=dict,
        description="How many of the new or changed ones seem not to be English, by language.",
    )
    missing: int = Field(
        default=0, description="Sources kept although their files are gone, until it is confirmed."
    )
    missing_folders: dict[str, int] = Field(
        default_factory=dict,
        description="How many of them each folder had that is gone as a whole; `.` is all of it.",
    )

    @property
    def read_nothing(self) -> bool:
        """Whether the folder has files, and none of them is of a kind that is read."""
        known = self.added + self.updated + self.unchanged + self.missing + len(self.failed)
        return bool(self.not_read) and not known


def merged_reports(one: SyncReport, other: SyncReport) -> SyncReport:
    """Return two reports as one; passages are those of the later."""
    own = {"passages", "kept", "awaiting", "languages", "missing_folders"}
    added = (name for name in SyncReport.model_fields if name not in own)
    merged = {name: getattr(one, name) + getattr(other, name) for name in added}
    languages = {
        name: one.languages.get(name, 0) + other.languages.get(name, 0)
        for name in (*one.languages, *other.languages)
    }
    passages = other.passages or one.passages
    return one.model_copy(
        update={
            **merged,
            "languages": languages,
            "passages": passages,
            "awaiting": other.awaiting if other.passages else one.awaiting,
            "kept": max(0, passages - merged["embedded"]) if one.kept or other.kept else 0,
            "missing_folders": {**one.missing_folders, **other.missing_folders},
        }
    )


class SourceEntry(Value):
    """A source as listings show it, without its text."""

    id: str = Field(description="As in `Source`; of a failed file, the id it would have.")
    collection: str = Field(description="Name of its collection.")
    uri: str = Field(description="Path relative to the documents folder, absolute path, or URL.")
    title: str = Field(description="Title shown to people.")
    mime: str = Field(default="", description="Media type of the original.")
    sha256: str = Field(default="", description="Names the indexed version.")
    characters: int = Field(default=0, description="Length of the canonical text.")
    pages: int = Field(default=0, description="Number of pages, 0 for media without pages.")
    passages: int = Field(default=0, description="Number of passages.")
    awaiting: int = Field(default=0, description="How many of these are found by words only.")
    url: str | None = Field(default=None, description="Address of the original.")
    modified: datetime | None = Field(default=None, description="When it was last changed.")
    added_at: datetime | None = Field(default=None, description="When it came in; None if failed.")
    added_by: str | None = Field(default=None, description="Who added it.")
    warnings: tuple[str, ...] = Field(default=(), description="What a person should know.")
    state: SourceState = Field(default="ready", description="`failed` when nothing is indexed.")
    failure: str | None = Field(
        default=None, description="Why the file's current version could not be read."
    )
    missing: bool = Field(
        default=False, description="Whether its file was not found at the last look at the folder."
    )
    site: str | None = Field(
        default=None, description="The site or feed that brought it, by its address."
    )


class SiteEntry(Value):
    """A web site, a feed or another set of documents that was added as one, for listings."""

    collection: str = Field(description="Name of its collection.")
    url: str = Field(description="What it is called by.")
    kind: Literal["site", "map", "feed", "git", "reader", "zip"] = Field(
        description="What it was added as."
    )
    title: str = Field(description="Title shown to people.")
    pages: int = Field(description="How many of its pages are sources.")
    crawling: bool = Field(default=False, description="Whether it is not yet read to its end.")
    failure: str | None = Field(default=None, description="Why it could not be read again.")
    added_by: str | None = Field(default=None, description="Who added it.")
    checked: datetime | None = Field(default=None, description="When it was last read.")
    commit: str | None = Field(default=None, description="Of a repository, what was read of it.")
    called: str | None = Field(
        default=None, description="Of a reader, its class and arguments; of secrets the variables."
    )
    trouble: str | None = Field(
        default=None, description="Of a reader, why it failed, for whoever runs Quoth."
    )

    @property
    def label(self) -> str:
        """What it is called, with how much it has."""
        noun = {"git": "file", "reader": "document", "zip": "document"}.get(self.kind, "page")
        count = f"1 {noun}" if self.pages == 1 else f"{self.pages:,} {noun}s"
        what = {"git": "repository", "zip": "archive"}.get(self.kind, self.kind)
        at = f" at {self.commit[:10]}" if self.commit else ""
        return f"{self.title} ({what} of {count}{at})"


class Coverage(Value):
    """How far collections are searched that are still being indexed."""

    passages: int = Field(description="Passages that are found by words.")
    embedded: int = Field(description="How many of them are found by meaning, too.")
    documents: int = Field(description="Documents there are, read or not.")
    read: int = Field(description="How many of them are read.")
    changed: int = Field(
        default=0, description="How many of these may have changed since, and are read again."
    )


class CatalogStats(Value):
    """How much the catalog holds."""

    collections: int = Field(description="Number of collections.")
    sources: int = Field(description="Number of indexed sources.")
    passages: int = Field(description="Number of passages that serve.")
    characters: int = Field(description="Length of all canonical texts together.")
    bytes: int = Field(description="Size of the catalog on disk.")
    originals: int = Field(default=0, description="Files of added documents that are kept.")
    original_bytes: int = Field(default=0, description="Size of these on disk.")
    generation: int = Field(description="Number of changes committed so far.")
    failed: int = Field(description="Files of the folder whose newest version cannot be read.")
    coverage: Coverage | None = Field(
        default=None, description="How far all of it is indexed, where that is not to the end."
    )


def source_id(collection: str, uri: str, attempt: int = 0) -> str:
    """Return the id of a source that is new at `uri` in `collection`; it keeps it when renamed.

    A further `attempt` gives another, for when the first is that of a source renamed since.
    """
    named = f"{collection}\0{uri}\0{attempt}" if attempt else f"{collection}\0{uri}"
    return hashlib.sha256(named.encode()).hexdigest()[:16]


def passage_id(source: str, content: str, occurrence: int = 0) -> str:
    """Return the id of a passage of a source: the n-th, from 0, that has this very content.

    Where it stands is not part of it, so that an edit elsewhere leaves it alone.
    """
    named = f"{source}\0{occurrence}\0{content}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(named).hexdigest()[:24]
