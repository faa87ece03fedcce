"""The tools for agents: each takes its checked arguments and returns its shape."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.answering.citations import cite
from bot.answering.coverage_notice import coverage_text
from bot.checking.check_shapes import PlaceShape, QuoteShape
from bot.checking.quote_verifier import verify_quote
from bot.conversation.plain_turns import turn_of_text
from bot.json_shapes.answer_shapes import HitShape, coverage_field
from bot.json_shapes.json_shape import Payload
from bot.json_shapes.source_shapes import EntryShape, ShownShape
from bot.mcp_server.agent_instructions import MOST_SHOWN, RESOURCES
from bot.mcp_server.agent_shapes import (
    MOST_LISTED,
    AnswerOutput,
    AskInput,
    HitsOutput,
    ListedShape,
    PassageShape,
    QuoteOutput,
    SearchInput,
    ShowInput,
    ShownOutput,
    SourcesInput,
    SourcesOutput,
    VerifyInput,
)
from bot.mcp_server.opened_app import AgentApp
from bot.permalinks import citation_link
from bot.schema import Answer, Citation, Scope
from index.config import SHARED_COLLECTION
from index.errors import CollectionNotFound, QuestionError, SourceNotFound
from index.schema import Hit, Source, SourceEntry, Span
from index.search.checked_question import checked_question

if TYPE_CHECKING:
    from bot.app import App
    from index.library import Library


@dataclass(frozen=True)
class AgentTools:
    """What one agent may do, in the collections that it may read."""

    opened: AgentApp
    collections: tuple[str, ...] | None = None
    """None opens every collection, as on the command line, and by itself the shared one."""
    asker: str | None = None
    """Whose budget of a language model is used."""

    async def ask(self, given: AskInput) -> AnswerOutput:
        """Answer a question."""
        app = await self.opened.app()
        question = checked_question(given.question)
        scope = await app.bridge.run(self._scope, app.library, given.collection)
        history = tuple(turn_of_text(each.role, each.text) for each in given.history)
        answer = await app.answerer.answer(question, scope=scope, history=history, asker=self.asker)
        return _answer_output(answer, _linked(app))

    async def search(self, given: SearchInput) -> HitsOutput:
        """Find passages."""
        app = await self.opened.app()
        return await app.bridge.run(self._search, app, given)

    async def show(self, given: ShowInput) -> ShownOutput:
        """Show a part of a source."""
        app = await self.opened.app()
        return await app.bridge.run(self._show, app, given)

    async def sources(self, given: SourcesInput) -> SourcesOutput:
        """List sources, some at a time."""
        app = await self.opened.app()
        return await app.bridge.run(self._sources, app.library, given)

    async def verify_quote(self, given: VerifyInput) -> QuoteOutput:
        """Hold a quotation against the sources."""
        app = await self.opened.app()
        return await app.bridge.run(self._verify, app, given)

    async def listed(self, after: str | None) -> tuple[Sequence[SourceEntry], str | None]:
        """Return readable sources for the list of resources, and how it goes on."""
        app = await self.opened.app()
        return await app.bridge.run(self._listed, app.library, after)

    async def resource(self, id: str) -> Source:
        """Return the source of a resource; raises SourceNotFound for what may not be read."""
        app = await self.opened.app()
        return await app.bridge.run(self._resource, app.library, id)

    def _search(self, app: App, given: SearchInput) -> HitsOutput:
        words = checked_question(given.query)
        scope = self._scope(app.library, given.collection)
        searched = app.library.searcher.spelled(words, collections=scope.collections)
        found = app.library.searcher.find(
            searched, collections=scope.collections, limit=given.limit, asked=words
        )
        link = _linked(app)
        notice: Payload = {}
        if found.coverage is not None:
            notice = {"notice": coverage_text(found.coverage), **coverage_field(found.coverage)}
        hits = tuple(_passage(hit, link) for hit in found.hits)
        return HitsOutput(hits=hits, **notice)

    def _show(self, app: App, given: ShowInput) -> ShownOutput:
        scope = self._scope(app.library, given.collection)
        source = app.library.find(given.source, scope.collections)
        size = len(source.text)
        end = size if given.end is None else min(given.end, size)
        if given.start >= size or (given.end is not None and given.end <= given.start):
            raise QuestionError(
                f"{source.uri!r} has {size:,} characters; give a start below that, and an end "
                "behind the start."
            )
        end = min(end, given.start + MOST_SHOWN)
        span = Span(start=given.start, end=end)
        link = _linked(app)(cite(source, span.start, span.end))
        return ShownOutput(
            shown=ShownShape.of(source, span),
            collection=source.collection,
            version=source.sha256,
            characters=size,
            next=end if end < size else None,
            **({"link": link} if link else {}),
        )

    def _sources(self, library: Library, given: SourcesInput) -> SourcesOutput:
        scope = self._scope(library, given.collection)
        entries = [each for name in scope.collections for each in library.sources(name)]
        entries.sort(key=_key)
        rest = [each for each in entries if given.after is None or _key(each) > given.after]
        some = rest[:MOST_LISTED]
        return SourcesOutput(
            sources=tuple(map(_listed, some)),
            total=len(entries),
            collections=tuple(self._readable(library)),
            next=_key(some[-1]) if len(rest) > len(some) else None,
        )

    def _verify(self, app: App, given: VerifyInput) -> QuoteOutput:
        scope = self._scope(app.library, given.collection)
        if given.source is not None:
            source = app.library.find(given.source, scope.collections)
            scope = Scope(collections=(source.collection,), source=source.id)
        verdict = verify_quote(app.library, given.quote, scope)
        return QuoteOutput(verdict=QuoteShape.of(verdict, _linked(app)))

    def _listed(
        self, library: Library, after: str | None
    ) -> tuple[Sequence[SourceEntry], str | None]:
        names = self._readable(library)
        entries = [each for name in names for each in library.sources(name) if each.characters]
        entries.sort(key=_key)
        rest = [each for each in entries if after is None or _key(each) > after]
        some = rest[:MOST_LISTED]
        return some, _key(some[-1]) if len(rest) > len(some) else None

    def _resource(self, library: Library, id: str) -> Source:
        source = library.source(id)
        if source.collection not in self._readable(library):
            raise SourceNotFound(id)
        return source

    def _readable(self, library: Library) -> Sequence[str]:
        """Return the collections that may be read."""
        there = {SHARED_COLLECTION, *library.collections()}
        if self.collections is None:
            return sorted(there)
        return [name for name in self.collections if name in there]

    def _scope(self, library: Library, name: str | None) -> Scope:
        """Return what is read; raises CollectionNotFound for what is not there or not opened."""
        if name is None:
            usual = (SHARED_COLLECTION,) if self.collections is None else self.collections
            return Scope(collections=usual)
        readable = self._readable(library)
        if name in readable:
            return Scope(collections=(name,))
        near = difflib.get_close_matches(name, readable, n=3)
        raise CollectionNotFound(name, [*near, *(each for each in readable if each not in near)])


def _linked(app: App) -> Callable[[Citation], str | None]:
    """Return what tells where a citation is shown, if pages are served."""
    address = app.settings.web_url
    if not address:
        return lambda citation: None
    return lambda citation: citation_link(address, citation.evidence)


def _answer_output(answer: Answer, link: Callable[[Citation], str | None]) -> AnswerOutput:
    told: Payload = {"notice": answer.notice} if answer.notice else {}
    return AnswerOutput(
        status=answer.status,
        answer=answer.text,
        citations=tuple(PlaceShape.of(one, link) for one in answer.citations),
        nearest=tuple(PlaceShape.of(one, link) for one in answer.nearest),
        confidence=round(answer.confidence, 4),
        engine=answer.engine,
        standalone_question=answer.standalone_question,
        **told,
        **coverage_field(answer.coverage),
    )


def _passage(hit: Hit, link: Callable[[Citation], str | None]) -> PassageShape:
    address = link(cite(hit.source, hit.passage.start, hit.passage.end))
    told: Payload = {"link": address} if address else {}
    return PassageShape(
        **HitShape.of(hit).model_dump(exclude_unset=True),
        collection=hit.source.collection,
        **told,
    )


def _listed(entry: SourceEntry) -> ListedShape:
    return ListedShape(
        **EntryShape.of(entry).model_dump(exclude_unset=True),
        version=entry.sha256,
        resource=RESOURCES + entry.id,
    )


def _key(entry: SourceEntry) -> str:
    """Return by what sources are ordered: their collection and their name."""
    return f"{entry.collection}/{entry.uri}"
