"""A whole text held against the sources: its quotations, its cited sentences, its claims."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.answering.generative.reply_statements import Statement, statements
from bot.checking.claim_support import ClaimChecker
from bot.checking.quotation_parts import quotation_parts
from bot.checking.quote_introduction import only_introduces
from bot.checking.quote_verifier import LONGEST_QUOTE, QuoteVerifier
from bot.checking.quoted_stretches import (
    Paragraph,
    Quotation,
    is_term,
    letter_of,
    paragraphs,
)
from bot.checking.reference_list import ReferenceList, named_source, reference_list
from bot.checking.schema import CheckReport, Finding, QuoteVerdict
from bot.schema import NOT_IN_SOURCES, Scope
from index.errors import QuestionError
from index.library import Library
from index.schema import SourceEntry
from index.text.invisible_characters import is_blank
from index.text.layout import folded
from index.text.readable_markdown import read_characters
from index.text.words import content_terms

LONGEST_TEXT = 1_000_000
"""Characters; what is longer is checked in parts."""

_LEAST_CLAIM = 3
"""Content words of a sentence that claims something."""
_BESIDE_QUOTE = 5
"""The same of what stands beside a quotation, which mostly only says whose words they are."""

Tell = Callable[[Finding], None]
"""Is handed each finding as soon as it is made."""


@dataclass(frozen=True)
class _Piece:
    """A sentence of a text with what it quotes."""

    paragraph: Paragraph
    statement: Statement
    line: int


def check_text(
    library: Library,
    text: str,
    scope: Scope,
    *,
    claims: bool = True,
    tell: Tell | None = None,
) -> CheckReport:
    """Hold every quotation of a text, and with `claims` every sentence, against the sources.

    `tell` is handed each finding as it is made. Blocking. Raises QuestionError for a text that is
    empty, too long or has nothing to be checked, StoreError when the index fails.
    """
    text = checked_text(text)
    return _TextChecker(library, scope, reference_list(text), claims=claims).check(text, tell)


def checked_text(text: str) -> str:
    """Return a text that can be checked; raises QuestionError."""
    text = text.encode("utf-8", "replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    if is_blank(text):
        raise QuestionError("The text is empty. Give one that quotes or claims something.")
    if len(text) > LONGEST_TEXT:
        raise QuestionError(
            f"The text has {len(text):,} characters; at most {LONGEST_TEXT:,} are checked at a "
            "time. Check it in parts."
        )
    return text


class _TextChecker:
    """Checks one text."""

    def __init__(
        self, library: Library, scope: Scope, listed: ReferenceList, *, claims: bool
    ) -> None:
        self._library = library
        self._scope = scope
        self._listed = listed
        self._claims = claims
        self._whole = QuoteVerifier(library, scope)
        self._checker = ClaimChecker(library)
        self._named: dict[int, SourceEntry | None] = {}
        self._notes: dict[str, None] = {}

    def check(self, text: str, tell: Tell | None) -> CheckReport:
        findings: list[Finding] = []
        for piece in self._pieces(text):
            for finding in self._findings(piece):
                findings.append(finding)
                if tell is not None:
                    tell(finding)
        if not findings:
            what = "no quotation and no sentence" if self._claims else "no quotation"
            raise QuestionError(
                f"The text has {what} that could be checked. Quotations stand in quotation marks "
                "or behind >."
            )
        return CheckReport(findings=tuple(findings), notes=tuple(self._notes))

    def _pieces(self, text: str) -> Iterator[_Piece]:
        """Yield the sentences of a text, block quotes as one each."""
        text = _without_front_matter(text)
        for paragraph in paragraphs(text, self._listed.lines):
            if paragraph.lines[0][1] in self._listed.lines:
                yield from _quoted_only(paragraph)
                continue
            at = 0
            for statement in statements(paragraph.text):
                found = paragraph.text.find(statement.text[:12], at)
                at = found if found >= 0 else at
                yield _Piece(paragraph, statement, paragraph.line_at(at))

    def _findings(self, piece: _Piece) -> Iterator[Finding]:
        references = tuple(dict.fromkeys(id.passage for id in piece.statement.ids))
        numbers = piece.paragraph.numbers_in(piece.statement.text)
        found: list[tuple[int, Finding]] = []
        for number in numbers:
            quotation = piece.paragraph.quotations[number]
            if is_term(quotation.text) and not quotation.is_block:
                continue
            found.append((number, self._quotation(quotation, references)))
            yield found[-1][1]
        if found and _introduces(piece, found):
            return
        if self._claims and self._claims_something(piece, quotes=bool(found)):
            yield self._claim(piece, references)

    def _quotation(self, quotation: Quotation, references: tuple[int, ...]) -> Finding:
        verdict, is_elsewhere = self._verified(quotation.text, references)
        summary = verdict.summary
        if is_elsewhere:
            named = ", ".join(f"[{number}]" for number in references)
            summary = f"{summary} But {named} refers to another source."
        return Finding(
            line=quotation.line,
            kind="quotation",
            text=quotation.text,
            references=references,
            outcome="elsewhere" if is_elsewhere else verdict.outcome,
            summary=summary,
            quote=verdict,
        )

    def _verified(self, quote: str, references: tuple[int, ...]) -> tuple[QuoteVerdict, bool]:
        """Return what became of a quotation, and whether it stands only where it is not said."""
        if len(quote) > LONGEST_QUOTE or not quotation_parts(quote, edited=True):
            return _unusable(quote), False
        scopes = self._scopes(references)
        verdicts = [QuoteVerifier(self._library, one).verify(quote) for one in scopes]
        best = min(verdicts, key=_place, default=None)
        if best is not None and best.outcome == "verbatim":
            return best, False
        anywhere = self._whole.verify(quote)
        if best is None or _place(anywhere) < _place(best):
            return anywhere, best is not None and anywhere.outcome == "verbatim"
        return best, False

    def _claims_something(self, piece: _Piece, *, quotes: bool) -> bool:
        """Say whether a sentence claims something besides what it quotes."""
        paragraph, text = piece.paragraph, piece.statement.text
        if paragraph.is_heading or paragraph.is_row or piece.statement.role == "lead":
            return False
        if text.rstrip("\"'\u201d)*_ ").endswith("?") or text.startswith(NOT_IN_SOURCES[:-1]):
            return False
        own = paragraph.unquoted(text) if quotes else paragraph.restored(text)
        least = _BESIDE_QUOTE if quotes else _LEAST_CLAIM
        return len(set(content_terms(_read(own)))) >= least

    def _claim(self, piece: _Piece, references: tuple[int, ...]) -> Finding:
        text = _read(piece.paragraph.restored(piece.statement.text))
        verdict = self._checker.check(text, self._scopes(references) or [self._scope])
        return Finding(
            line=piece.line,
            kind="cited" if references else "claim",
            text=text,
            references=references,
            outcome="supported" if verdict.supported else "unsupported",
            summary=verdict.summary,
            claim=verdict,
        )

    def _scopes(self, references: Sequence[int]) -> list[Scope]:
        """Return the sources that numbers refer to, as far as the text says."""
        if self._scope.source is not None:
            return []
        found = []
        for number in references:
            source = self._source(number)
            if source is not None:
                found.append(Scope(collections=(source.collection,), source=source.id))
        return found

    def _source(self, number: int) -> SourceEntry | None:
        if number not in self._named:
            entry = self._listed.entries.get(number)
            self._named[number] = (
                named_source(self._library, entry, self._scope.collections) if entry else None
            )
            if entry is None:
                self._notes[f"The text does not say what [{number}] is; all sources count."] = None
            elif self._named[number] is None:
                self._notes[f"What [{number}] names is not indexed; all sources count."] = None
        return self._named[number]


def _introduces(piece: _Piece, found: Sequence[tuple[int, Finding]]) -> bool:
    """Say whether a sentence holds verbatim quotations and what introduces them, and no more."""
    if any(finding.outcome != "verbatim" for _, finding in found):
        return False
    before, _, behind = piece.statement.text.partition(letter_of(found[0][0]))
    return only_introduces(_read(before), _read(piece.paragraph.unquoted(behind)))


def _quoted_only(paragraph: Paragraph) -> Iterator[_Piece]:
    """Yield the quotations of an entry in the list of references, which names their source."""
    for number, quotation in enumerate(paragraph.quotations):
        marked = re.match(r"\s*\[\^?(\d{1,4})\]", paragraph.text)
        named = f"{letter_of(number)} [{marked[1]}]" if marked else letter_of(number)
        for statement in statements(named):
            yield _Piece(paragraph, statement, quotation.line)


def _place(verdict: QuoteVerdict) -> tuple[int, int]:
    order = ("verbatim", "nearly", "absent").index(verdict.outcome)
    return order, len(verdict.differences)


def _unusable(quote: str) -> QuoteVerdict:
    said = "It is too long to be looked for." if len(quote) > LONGEST_QUOTE else "It has no words."
    return QuoteVerdict(quote=quote, outcome="absent", summary=said)


def _read(text: str) -> str:
    return folded(read_characters(text, "markdown")[0])


def _without_front_matter(text: str) -> str:
    """Blank out the front matter of a Markdown file, keeping the numbers of lines."""
    found = re.match(r"---\n.*?\n(?:---|\.\.\.)\n", text, re.DOTALL)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text
