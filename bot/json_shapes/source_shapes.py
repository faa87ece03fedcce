"""What `quoth sources --json` and `quoth show --json` print."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from bot.json_shapes.json_shape import JsonShape, PictureShape, moment_text, picture_field
from index.schema import Source, SourceEntry, SourceState, Span
from index.text.place_names import told_place


class EntryShape(JsonShape):
    """A source in a list, without its text."""

    source: str = Field(description="Its name: a path in the documents folder, or an address.")
    collection: str = Field(description="The collection that it is in.")
    title: str = Field(description="Its title.")
    state: SourceState = Field(description="Whether it is indexed as its file is.")
    failure: str | None = Field(description="Why its newest version could not be read.")
    missing: bool = Field(description="Whether its file is gone.")
    warnings: tuple[str, ...] = Field(description="What a person should know of it.")
    mime: str = Field(description="Media type of the original.")
    characters: int = Field(description="Length of its canonical text.")
    pages: int | None = Field(description="Number of pages; null for media without pages.")
    passages: int = Field(description="Number of passages.")
    awaiting: int = Field(default=0, description="How many of these are found by words only.")
    url: str | None = Field(description="Address of the original, if it has one.")
    modified: str | None = Field(description="When it last changed, in ISO 8601.")
    added_at: str | None = Field(description="When it came in, in ISO 8601.")
    added_by: str | None = Field(description="Who added it.")
    site: str | None = Field(description="The site or feed that brought it, by its address.")

    @classmethod
    def of(cls, entry: SourceEntry) -> Self:
        """Return the shape of an entry."""
        return cls(
            source=entry.uri,
            collection=entry.collection,
            title=entry.title,
            state=entry.state,
            failure=entry.failure,
            missing=entry.missing,
            warnings=entry.warnings,
            mime=entry.mime,
            characters=entry.characters,
            pages=entry.pages or None,
            passages=entry.passages,
            **({"awaiting": entry.awaiting} if entry.awaiting else {}),
            url=entry.url,
            modified=moment_text(entry.modified),
            added_at=moment_text(entry.added_at),
            added_by=entry.added_by,
            site=entry.site,
        )


class ShownShape(JsonShape):
    """A source with its canonical text, or a part of it."""

    source: str = Field(description="Its name, as `quoth sources` lists it.")
    title: str = Field(description="Its title.")
    page: int | None = Field(description="The page at which a part begins.")
    place: str | None = Field(description="Slide, row or message at which a part begins.")
    lines: tuple[int, int] = Field(description="First and last line, from 1.")
    start: int = Field(description="Offset of the first character that is shown.")
    end: int = Field(description="Offset behind the last one.")
    text: str = Field(description="The canonical text between them.")
    read_from_picture: PictureShape | None = Field(
        default=None, description="Where in which picture it was read; only if it was."
    )

    @classmethod
    def of(cls, source: Source, span: Span | None) -> Self:
        """Return the shape of the whole source, or of a part of it."""
        shown = span or Span(start=0, end=len(source.text))
        return cls(
            source=source.uri,
            title=source.title,
            page=source.page_at(shown.start) if span else None,
            place=told_place(source, span) if span else None,
            lines=source.lines_of(shown),
            start=shown.start,
            end=shown.end,
            text=shown.of(source.text),
            **picture_field(source.picture_of(shown)),
        )
