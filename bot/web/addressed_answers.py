"""Answers with an address: kept with what they quote, and found again by who may read that."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from pydantic import Field, ValidationError

from bot.app import App
from bot.schema import Answer, Citation, Turn
from bot.signed_links import Grant
from bot.web.web_parts import WebParts
from index.errors import QuothError, SourceNotFound
from index.schema import Source, Value
from index.store.kept_answers import KeptAnswer, KeptAnswers, open_kept_answers

MOST_TURNS = 6
"""Questions, with their answers, that a follow-up looks back to."""

_DAY = 86_400.0


class AddressedAnswer(Value):
    """An answer as its page shows it."""

    key: str = Field(description="Stands in its address.")
    at: float = Field(description="When it was given, in seconds since 1970.")
    collections: tuple[str, ...] = Field(description="What was opened for the question.")
    before: str | None = Field(default=None, description="Key of the answer that it follows.")
    answer: Answer = Field(description="The answer itself.")


class SourceRemoved(QuothError):
    """What an answer quotes was removed while it was made."""

    def __init__(self) -> None:
        super().__init__("A source of this answer has just been removed. Please ask again.")


class AddressedAnswers:
    """Keeps and finds them; everything here blocks and is called through the bridge."""

    def __init__(self, app: App, *, days: int, folder: Path | None = None) -> None:
        """Keep them in the home, or in another `folder`, which no removal of a source reaches."""
        self._library = app.library
        self._folder = folder
        self._is_apart = folder is not None
        self._days = days

    @classmethod
    def of(cls, parts: WebParts) -> AddressedAnswers:
        """Return those of what is served."""
        days = parts.settings.web_days
        return cls(parts.app, days=days, folder=parts.answers_folder)

    def _kept(self) -> KeptAnswers:
        if self._folder is None:
            return self._library.catalog.open_answers()
        return open_kept_answers(self._folder)

    def keep(
        self,
        answer: Answer,
        collections: Sequence[str],
        *,
        at: float,
        before: str | None = None,
        grant: Grant | None = None,
    ) -> AddressedAnswer:
        """Keep an answer with the versions that it quotes; raises SourceRemoved."""
        given = AddressedAnswer(
            key=secrets.token_urlsafe(16),
            at=at,
            collections=tuple(collections),
            before=before,
            answer=answer.model_copy(update={"trace": ()}),
        )
        quotes = tuple(citation.evidence for citation in answer.shown_citations)
        row = KeptAnswer(
            key=given.key,
            at=at,
            body=given.model_dump_json(),
            quotes=quotes,
            person=grant.person if grant else None,
            guild=grant.guild if grant else None,
        )
        versions = [self.current(source) for source in {quote.source_id for quote in quotes}]
        with closing(self._kept()) as answers:
            answers.keep(row, [each for each in versions if each], days=self._days)
            # The purge of a source that is removed by now may have been before this answer.
            if not all(self.current(quote.source_id) for quote in quotes):
                answers.forget(given.key)
                raise SourceRemoved
        return given

    def open(self, key: str, collections: Sequence[str]) -> AddressedAnswer | None:
        """Return an answer, if everything that it quotes may be read."""
        with closing(self._kept()) as answers:
            row = answers.answer(key)
        if row is None or not row.body:
            return None
        try:
            found = AddressedAnswer.model_validate_json(row.body)
        except ValidationError:  # of another release
            return None
        shown = found.answer.shown_citations
        if self._is_apart and not all(self.current(each.evidence.source_id) for each in shown):
            return None
        needed = {citation.collection for citation in shown}
        return found if (needed or set(found.collections)) <= set(collections) else None

    def conversation(
        self, key: str | None, collections: Sequence[str]
    ) -> tuple[AddressedAnswer, ...]:
        """Return an answer and those before it, oldest first, as far as they may be read."""
        found: list[AddressedAnswer] = []
        while key is not None and len(found) < MOST_TURNS:
            given = self.open(key, collections)
            if given is None:
                break
            found.append(given)
            key = given.before
        return tuple(reversed(found))

    def changed_since(self, answer: Answer) -> tuple[Citation, ...]:
        """Return the first quote of each source that has another version by now."""
        first: dict[str, Citation] = {}
        for citation in answer.shown_citations:
            first.setdefault(citation.evidence.source_id, citation)
        now = {id: self.current(id) for id in first}
        return tuple(
            citation
            for id, citation in first.items()
            if (source := now[id]) is not None and source.sha256 != citation.evidence.sha256
        )

    def current(self, source: str) -> Source | None:
        """Return a source as it is now; None where it is gone."""
        try:
            return self._library.source(source)
        except SourceNotFound:
            return None

    def version(self, current: Source, version: str) -> Source | None:
        """Return a version of a source that is there, by the beginning of its hash.

        None where it is neither the current one nor kept for an answer.
        """
        if current.sha256.startswith(version):
            return current
        with closing(self._kept()) as answers:
            return answers.version(current.id, version)

    def tidy(self, now: float) -> None:
        """Drop what is over its time, leaving no trace."""
        with closing(self._kept()) as answers:
            answers.drop_old(now - self._days * _DAY)
            answers.tidy()


def turns(conversation: Sequence[AddressedAnswer]) -> tuple[Turn, ...]:
    """Return a conversation as a further question sees it."""
    found: list[Turn] = []
    for given in conversation:
        asked = Turn(role="user", text=given.answer.standalone_question)
        found += [asked, given.answer.turn]
    return tuple(found)
