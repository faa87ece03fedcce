"""The pages of sources: the list, one version of one source, and the picture of a page of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.access.token_admission import RequestRate, TooManyRequests
from bot.permalinks import VERSION_LENGTH, quote_path
from bot.web.page_frame import PageFrame
from bot.web.shown_text import day, label, title_of
from bot.web.source_view import (
    PART,
    Change,
    Picture,
    SourceView,
    shown_uri,
    source_view,
    version_path,
)
from bot.web.text_blocks import Marks
from bot.web.text_difference import text_difference
from bot.web.visitors import Visitor, reader_of, sits_here
from index.errors import QuothError
from index.schema import Evidence, PagePicture, Source, SourceEntry, Span
from index.sync.web_lists import with_sites
from index.text.source_state import told_state

LISTED = 200
"""Sources on one page of the list."""

PICTURES_PER_MINUTE = 120
"""Pictures of pages that are drawn for one person; a page with a quote takes two."""

_PICTURE_SECONDS = 5.0
_SPAN = re.compile(r"(\d{1,9})-(\d{1,9})")
_VERSION = re.compile(r"[0-9a-f]{16,64}")
_NUMBER = re.compile(r"\d{1,9}")


@dataclass(frozen=True)
class ListedSource:
    """A line of the list."""

    title: str
    uri: str
    path: str | None
    """None for what nothing is indexed of, and for sites as a whole."""
    passages: int
    changed: str
    state: str
    is_well: bool


@dataclass(frozen=True)
class SourcePages:
    """Answers requests for them."""

    frame: PageFrame
    drawn: RequestRate = field(default_factory=lambda: RequestRate(PICTURES_PER_MINUTE))

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of these pages."""
        source = "/sources/{source:str}"
        version = f"{source}/{{version:str}}"
        return [
            Route("/sources", self.all),
            Route(source, self.newest),
            Route(version, self.version),
            Route(f"{version}/{{span:str}}", self.version),
            Route(f"{version}/{{span:str}}/page.png", self.picture),
        ]

    async def all(self, request: Request) -> Response:
        """List the sources that the visitor may read, with their states."""
        visitor = await reader_of(request, self.frame.parts)
        pages = request.query_params.get("pages") == "1"
        entries = await self.frame.parts.app.bridge.run(self._entries, visitor.collections, pages)
        wanted = label(request.query_params.get("find", ""))[:100]
        found = [each for each in entries if wanted.casefold() in _searched(each)]
        first = min(_number(request.query_params.get("first")) or 0, len(found))
        reasons = sits_here(request, self.frame.parts)
        return self.frame.page(
            request,
            "sources.html",
            sources=[_listed(each, reasons=reasons) for each in found[first : first + LISTED]],
            total=len(found),
            first=first,
            step=LISTED,
            find=wanted,
            pages=pages,
            has_sites=any(each.site for each in entries) or _has_sites(entries),
        )

    def _entries(self, collections: Sequence[str], pages: bool) -> list[SourceEntry]:
        library = self.frame.parts.app.library
        found: list[SourceEntry] = []
        for name in collections:
            entries = library.sources(name)
            # What a reader is called with, and why it failed, is for who runs Quoth.
            found += entries if pages else with_sites(entries, library.sites(name))
        return sorted(found, key=lambda entry: entry.uri)

    async def newest(self, request: Request) -> Response:
        """Lead to the newest version."""
        visitor = await reader_of(request, self.frame.parts)
        found = await self._readable(visitor, request.path_params["source"])
        return RedirectResponse(version_path(found), 303)

    async def version(self, request: Request) -> Response:
        """Show one version, with a quote marked where the address names one."""
        visitor = await reader_of(request, self.frame.parts)
        marks = _marks(request)
        id, version = request.path_params["source"], request.path_params["version"]
        permalink = None
        if marks.quote:
            inside = request.query_params.get("answer")
            permalink = f"/sources/{id}/{version}/{marks.quote.start}-{marks.quote.end}"
            permalink += f"?answer={inside}" if marks.highlight else ""
        start = _number(request.query_params.get("from"))
        view = await self.quote(visitor, id, version, marks, permalink=permalink, start=start)
        return self.frame.page(request, "source.html", view=view)

    async def quote(
        self,
        visitor: Visitor,
        id: str,
        version: str,
        marks: Marks,
        *,
        permalink: str | None = None,
        start: int | None = None,
        length: int = PART,
    ) -> SourceView:
        """Return a version as it is shown; raises HTTPException where it may not be read."""
        current = await self._readable(visitor, id)
        if not _VERSION.fullmatch(version):
            raise HTTPException(404)
        bridge = self.frame.parts.app.bridge
        version = version[:VERSION_LENGTH]
        source = await bridge.run(self.frame.answers.version, current, version)
        if source is None:
            raise HTTPException(410, version_path(current))
        if marks.quote and not marks.quote.start < marks.quote.end <= len(source.text):
            raise HTTPException(404)
        view = await bridge.run(
            source_view, source, marks, start=start, permalink=permalink, length=length
        )
        if source.sha256 != current.sha256:
            change = await bridge.run(_change, source, current, marks)
            return replace(view, change=change)
        return replace(view, picture=await self._picture_of(visitor, source, marks))

    async def _readable(self, visitor: Visitor, id: str) -> Source:
        """Return a source as it is now; one that is not there and one that may not be read are
        answered alike, by HTTPException 404."""
        found = await self.frame.parts.app.bridge.run(self.frame.answers.current, id)
        if found is None or not visitor.may_read(found.collection):
            raise HTTPException(404)
        return found

    async def _picture_of(self, visitor: Visitor, source: Source, marks: Marks) -> Picture | None:
        quote = marks.quote
        if quote is None or not source.pages:
            return None
        try:
            self.drawn.take(str(visitor.id))
        except TooManyRequests:
            return None
        found = await self._painted(source, marks, whole=False)
        if found is None:
            return None
        evidence = _evidence(source, quote)
        inside = f"?answer={marks.highlight.start}-{marks.highlight.end}" if marks.highlight else ""
        words = label(quote.of(source.text))[:300]
        told = f"The quote is marked: {words}" if found.is_marked else "Nothing is marked on it."
        return Picture(
            path=f"{quote_path(evidence)}/page.png{inside}",
            page=found.page,
            alternative=f"Page {found.page} of {label(source.title)}. {told}",
            note=label(found.note) if found.note else None,
        )

    async def _painted(self, source: Source, marks: Marks, *, whole: bool) -> PagePicture | None:
        """Return the page of a quote as a picture; None where that cannot be had."""
        app, quote, inside = self.frame.parts.app, marks.quote, marks.highlight
        assert quote is not None
        try:
            async with asyncio.timeout(_PICTURE_SECONDS):
                return await app.writers.run(
                    app.library.page_picture,
                    _evidence(source, quote),
                    _evidence(source, inside) if inside else None,
                    whole=whole,
                )
        except (QuothError, TimeoutError):
            return None

    async def picture(self, request: Request) -> Response:
        """Return the page of a PDF that a quote is on, the quote marked, as a PNG."""
        visitor = await reader_of(request, self.frame.parts)
        source = await self._readable(visitor, request.path_params["source"])
        marks = _marks(request)
        quote = marks.quote
        version = request.path_params["version"]
        is_current = _VERSION.fullmatch(version) and source.sha256.startswith(version)
        if not is_current or quote is None or not quote.start < quote.end <= len(source.text):
            raise HTTPException(404)
        try:
            self.drawn.take(str(visitor.id))
        except TooManyRequests as error:
            raise HTTPException(429, headers={"Retry-After": str(error.seconds)}) from None
        whole = request.query_params.get("whole") == "1"
        found = await self._painted(source, marks, whole=whole)
        if found is None:
            raise HTTPException(404)
        caching = {"Cache-Control": "private, max-age=300"}
        return Response(found.png, media_type="image/png", headers=caching)


def _change(source: Source, current: Source, marks: Marks) -> Change:
    quote = marks.quote
    still = quote.of(source.text) in current.text if quote else None
    near = quote.start if quote else 0
    differs = source.text != current.text
    difference = text_difference(source.text, current.text, near) if differs else None
    return Change(still, difference, version_path(current))


def _evidence(source: Source, span: Span) -> Evidence:
    return Evidence(source_id=source.id, sha256=source.sha256, start=span.start, end=span.end)


def _marks(request: Request) -> Marks:
    """Return what the address has marked; raises HTTPException for what is no span."""
    told = request.path_params.get("span")
    if told is None:
        return Marks()
    quote, inside = _span(told), _span(request.query_params.get("answer", ""))
    if quote is None:
        raise HTTPException(404)
    held = inside is not None and quote.start <= inside.start < inside.end <= quote.end
    return Marks(quote, inside if held else None)


def _span(told: str) -> Span | None:
    found = _SPAN.fullmatch(told)
    start, end = (int(found[1]), int(found[2])) if found else (0, 0)
    return Span(start=start, end=end) if start < end else None


def _number(told: str | None) -> int | None:
    return int(told) if told and _NUMBER.fullmatch(told) else None


def _listed(entry: SourceEntry, *, reasons: bool) -> ListedSource:
    return ListedSource(
        title=title_of(entry.title, entry.uri, entry.mime),
        uri=shown_uri(entry.uri),
        path=f"/sources/{entry.id}" if entry.sha256 else None,
        passages=entry.passages,
        changed=day(entry.modified),
        state=label(told_state(entry, reasons=reasons)),
        is_well=entry.state == "ready" and not entry.missing,
    )


def _searched(entry: SourceEntry) -> str:
    return f"{label(entry.title)} {shown_uri(entry.uri)}".casefold()


def _has_sites(entries: Sequence[SourceEntry]) -> bool:
    return any(not each.sha256 and each.id == each.uri for each in entries)
