"""`/api/sources`: what is indexed, and the text that offsets count in."""

from __future__ import annotations

from typing import Self

from pydantic import Field

from bot.app import App
from bot.json_shapes.json_shape import JsonShape
from bot.json_shapes.source_shapes import EntryShape, ShownShape
from bot.web.api.operations import Call
from bot.web.api.problem_details import Problem
from bot.web.api.question_calls import Collection, scope_of
from bot.web.api.read_request import QueryRequest
from index.schema import Source, SourceEntry, Span

MOST_CHARACTERS = 100_000
"""Characters of a source that are told at a time."""

MOST_SOURCES = 1000
"""Sources that are told at a time."""

_BIGGEST = 10**12


class SourcesParameters(QueryRequest):
    """Which sources are listed."""

    collection: Collection = None
    limit: int = Field(default=MOST_SOURCES, ge=1, le=MOST_SOURCES, description="How many at most.")
    offset: int = Field(default=0, ge=0, le=_BIGGEST, description="How many to pass over first.")


class ShowParameters(QueryRequest):
    """Which part of a source is shown."""

    id: str = Field(min_length=1, max_length=2000, description="The source's id or its name.")
    collection: Collection = None
    start: int = Field(default=0, ge=0, le=_BIGGEST, description="Offset of the first character.")
    end: int | None = Field(
        default=None, ge=0, le=_BIGGEST, description="Offset behind the last one."
    )


class ListedShape(EntryShape):
    """A source in a list, with its id."""

    id: str = Field(description="Its id, for /api/sources/{id}.")
    version: str = Field(description="SHA-256 that names the version that is indexed.")


class SourcesShape(JsonShape):
    """Some of the sources."""

    total: int = Field(description="How many there are.")
    offset: int = Field(description="How many were passed over.")
    sources: tuple[ListedShape, ...] = Field(description="The sources, by name.")

    @classmethod
    def of(cls, entries: list[SourceEntry], given: SourcesParameters) -> Self:
        """Return the part of a list that was asked for."""
        part = entries[given.offset : given.offset + given.limit]
        listed = (
            ListedShape(**EntryShape.of(one).payload(), id=one.id, version=one.sha256)
            for one in part
        )
        return cls(total=len(entries), offset=given.offset, sources=tuple(listed))


class ShownSourceShape(ShownShape):
    """A part of a source with what names it."""

    id: str = Field(description="The source's id.")
    collection: str = Field(description="The collection that it is in.")
    version: str = Field(description="SHA-256 that names the version that is shown.")
    characters: int = Field(description="Length of its whole canonical text.")


class SourceCalls:
    """Lists and shows sources."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def sources(self, call: Call) -> SourcesShape:
        """Return what is indexed, by collection and name."""
        given: SourcesParameters = call.given
        names = call.scope(given.collection).collections
        return await self._app.bridge.run(self._listed, names, given)

    def _listed(self, names: tuple[str, ...], given: SourcesParameters) -> SourcesShape:
        library = self._app.library
        return SourcesShape.of([one for name in names for one in library.sources(name)], given)

    async def show(self, call: Call) -> ShownSourceShape:
        """Return a part of a source; raises SourceNotFound, and Problem for no such part."""
        given: ShowParameters = call.given
        opened = await scope_of(self._app, call, given.collection, given.id)
        assert opened.source is not None
        found = await self._app.bridge.run(self._app.library.source, opened.source)
        return _shown(found, _span(found, given))


def _span(source: Source, given: ShowParameters) -> Span:
    """Return the part that is asked for, as much as is told at a time; raises Problem."""
    size = len(source.text)
    end = size if given.end is None else given.end
    if given.start > end or end > size:
        raise Problem(
            422, f"The text has {size:,} characters; give a start and an end within it, in order."
        )
    return Span(start=given.start, end=min(end, given.start + MOST_CHARACTERS))


def _shown(source: Source, span: Span) -> ShownSourceShape:
    return ShownSourceShape(
        **ShownShape.of(source, span).payload(),
        id=source.id,
        collection=source.collection,
        version=source.sha256,
        characters=len(source.text),
    )
