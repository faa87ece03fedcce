"""The pages to ask at: the form, the answer while it is written, and the answer that is kept."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from bot.permalinks import answer_path
from bot.schema import Citation
from bot.web.addressed_answers import AddressedAnswer
from bot.web.answer_view import answer_view, highlight_of, number_of, quote_address
from bot.web.page_frame import PageFrame
from bot.web.shown_text import label, title_of
from bot.web.source_pages import SourcePages
from bot.web.source_view import BESIDE, SourceView
from bot.web.text_blocks import Marks
from bot.web.visitors import Visitor, reader_of
from index.errors import QuothError
from index.schema import Span
from index.search.checked_question import LONGEST_QUESTION

EVENTS = "text/event-stream"

LONGEST_FORM = 64 * 1024
"""Bytes of a form; a question has a few hundred."""

_KEY = re.compile(r"[\w-]{16,40}")

_DONE = None


@dataclass(frozen=True)
class AskPages:
    """Answers requests for them."""

    frame: PageFrame
    sources: SourcePages

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes of these pages."""
        return [
            Route("/", self.home),
            Route("/ask", self.ask, methods=["POST"]),
            Route("/answers/{key}", self.answer),
        ]

    async def home(self, request: Request) -> Response:
        """Show the form."""
        await reader_of(request, self.frame.parts)
        return self.frame.page(request, "ask.html", question="", failure=None, longest=_LONGEST)

    async def ask(self, request: Request) -> Response:
        """Answer the question of the form, as a stream of events where a script asks for it."""
        self._check_sender(request)
        visitor = await reader_of(request, self.frame.parts)
        question, after = await _filled(request)
        if EVENTS in request.headers.get("accept", ""):
            events = self._events(visitor, question, after)
            return StreamingResponse(events, media_type=EVENTS)
        try:
            given = await self.frame.desk.ask(visitor, question, after=after)
        except QuothError as error:
            return self.frame.page(
                request, "ask.html", status=422, question=question, failure=str(error),
                longest=_LONGEST,
            )  # fmt: skip
        return RedirectResponse(answer_path(given.key), 303)

    def _check_sender(self, request: Request) -> None:
        """Refuse a form that another web site had the browser send."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin")
        address, host = self.frame.parts.address, request.headers["host"]
        if site not in ("same-origin", "none") or (
            origin is not None and not address.sent_from_here(origin, host)
        ):
            raise HTTPException(403)

    async def _events(
        self, visitor: Visitor, question: str, after: str | None
    ) -> AsyncIterator[str]:
        """Yield what is written so far, again and again, and then where the answer is."""
        drafts: asyncio.Queue[str | None] = asyncio.Queue()

        def show(draft: str) -> None:
            """Keep the latest alone: each is the whole text, and a reader may be slow."""
            while not drafts.empty():
                drafts.get_nowait()
            drafts.put_nowait(draft)

        asking = asyncio.ensure_future(
            self.frame.desk.ask(visitor, question, after=after, show=show)
        )
        asking.add_done_callback(lambda _: drafts.put_nowait(_DONE))
        try:
            yield _event("begun", "")
            while (draft := await drafts.get()) is not _DONE:
                yield _event("draft", draft)
            yield _event("answer", answer_path((await asking).key))
        except QuothError as error:
            yield _event("failure", str(error))
        finally:
            asking.cancel()
            with contextlib.suppress(asyncio.CancelledError, QuothError):
                await asking

    async def answer(self, request: Request) -> Response:
        """Show a kept answer, with one of its sources beside it where `cite` names it."""
        visitor = await reader_of(request, self.frame.parts)
        key = request.path_params["key"]
        if not _KEY.fullmatch(key):
            raise HTTPException(404)
        said = await self.frame.parts.app.bridge.run(
            self.frame.answers.conversation, key, visitor.collections
        )
        if not said:
            raise HTTPException(404)
        given = said[-1]
        changed = await self.frame.parts.app.bridge.run(
            self.frame.answers.changed_since, given.answer
        )
        opened = _cited(given, request.query_params.get("cite", ""))
        beside = await self._beside(visitor, opened) if opened else None
        number = _number_in(given, opened) if opened else None
        return self.frame.page(
            request,
            "answer.html",
            view=answer_view(given, number),
            changed=[
                (f"{quote_address(each)}#quote", title_of(each.title, each.source, each.mime))
                for each in changed
            ],
            earlier=[(answer_path(one.key), label(one.answer.question)) for one in said[:-1]],
            link=answer_path(given.key),
            cite=number,
            beside=beside,
            is_gone=opened is not None and beside is None,
            longest=_LONGEST,
        )

    async def _beside(self, visitor: Visitor, citation: Citation) -> SourceView | None:
        evidence = citation.evidence
        quote = Span(start=evidence.start, end=evidence.end)
        marks = Marks(quote, highlight_of(citation))
        try:
            return await self.sources.quote(
                visitor,
                evidence.source_id,
                evidence.sha256,
                marks,
                permalink=quote_address(citation),
                length=BESIDE,
            )
        except HTTPException:
            return None


_LONGEST = LONGEST_QUESTION


async def _filled(request: Request) -> tuple[str, str | None]:
    """Return the question of a form, and the key of the answer that it follows."""
    try:
        body = await request.body()
        fields = parse_qs(body.decode(), max_num_fields=10) if len(body) <= LONGEST_FORM else {}
    except (ValueError, ClientDisconnect):
        raise HTTPException(400) from None
    if len(body) > LONGEST_FORM:
        raise HTTPException(413)
    after = next(iter(fields.get("after", [])), "")
    question = next(iter(fields.get("question", [])), "")
    return question, after if _KEY.fullmatch(after) else None


def _cited(given: AddressedAnswer, wanted: str) -> Citation | None:
    shown = given.answer.shown_citations
    pairs = ((str(number_of(each, place)), each) for place, each in enumerate(shown, start=1))
    return next((citation for number, citation in pairs if number == wanted), None)


def _number_in(given: AddressedAnswer, citation: Citation) -> int:
    return number_of(citation, given.answer.shown_citations.index(citation) + 1)


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
