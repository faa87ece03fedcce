"""How a stretch of a source and a quotation differ, word by word. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.checking.compared_words import Word
from bot.checking.quotation_parts import Part
from bot.checking.quote_differences import has_negation, is_number, word_difference
from bot.checking.quote_places import Stretch
from bot.checking.schema import QuoteDifference
from bot.checking.word_alignment import (
    MOST_ELIDED,
    NearRun,
    Run,
    SourceWords,
    ends_sentence,
    weight_of,
)
from index.text.layout import folded

NEAR = 0.62
"""The least likeness of what is called nearly the same."""

_MOST_PLACES = 50
"""Places of one stretch that are compared."""
_SHOWN = 160


@dataclass(frozen=True)
class QuotePlace:
    """A place of a source, and how the quotation differs from it."""

    stretch: Stretch
    words: SourceWords
    run: Run
    differences: tuple[QuoteDifference, ...] = ()
    elided: tuple[str, ...] = ()
    likeness: float = 1.0


def exact_places(
    stretch: Stretch, readings: Sequence[Sequence[Part]], *, with_marks: bool
) -> Iterable[QuotePlace]:
    """Yield where all words of a quotation stand, with what is otherwise between them.

    `with_marks`: it has marks of Markdown, so that the source is read with its own, too.
    """
    for parts in readings:
        for words in stretch.readings(with_marks=with_marks):
            for count, runs in enumerate(words.exact_runs(parts)):
                if count >= _MOST_PLACES:
                    break
                yield _compared(stretch, words, parts, runs)


def _compared(
    stretch: Stretch, words: SourceWords, parts: Sequence[Part], runs: Sequence[Run]
) -> QuotePlace:
    """Say how a quotation whose words all stand in their places still differs."""
    show = _Shown(stretch, words)
    differences: list[QuoteDifference] = []
    elided: list[str] = []
    for number, (part, run) in enumerate(zip(parts, runs, strict=True)):
        differences += _lesser(part.words, words.words[run.first : run.last], show)
        dropped = Run(runs[number - 1].last if number else run.first, run.first)
        if dropped.first < dropped.last:
            elided.append(show.text(words.words[dropped.first : dropped.last]))
        differences += _dropped(words, dropped, part, show)
    differences += _weighty(parts[-1].put_behind, (), show)
    whole = Run(runs[0].first, runs[-1].last)
    return QuotePlace(stretch, words, whole, tuple(differences), tuple(elided))


def _dropped(
    words: SourceWords, dropped: Run, part: Part, show: _Shown
) -> Iterable[QuoteDifference]:
    """Yield what may neither be left out before a part nor be put there in brackets."""
    left: Sequence[Word] = words.words[dropped.first : dropped.last]
    if part.joint == "elided":
        left = _of_same_sentences(words, dropped)
        if has_negation(left):
            yield word_difference((), left, show.words)
        left = ()
    yield from _weighty(part.put, left, show)


def _weighty(put: Sequence[Word], left: Sequence[Word], show: _Shown) -> Iterable[QuoteDifference]:
    """Yield what an editor puts in brackets for other words, if that turns the sense."""
    difference = word_difference(put, left, show.words)
    if difference.sort in ("negation", "number", "obligation"):
        yield difference


def _of_same_sentences(words: SourceWords, dropped: Run) -> Sequence[Word]:
    """Return which of the words left out belong to the sentences that the quotation goes on with.

    Where it goes on with the beginning of a sentence, it might as well be another quotation.
    """
    ends = [
        place
        for place in range(dropped.first, dropped.last + 1)
        if place < len(words.words) and ends_sentence(words.words[place])
    ]
    if not ends:
        return words.words[dropped.first : dropped.last]
    if ends[-1] == dropped.last:
        return ()
    return (*words.words[dropped.first : ends[0]], *words.words[ends[-1] : dropped.last])


def _lesser(
    quoted: Sequence[Word], sourced: Sequence[Word], show: _Shown
) -> Iterable[QuoteDifference]:
    """Yield differences between words that are the same but for hyphens, capitals and points."""
    before: tuple[Word, Word] | None = None
    for one, other in zip(quoted, sourced, strict=True):
        if one.form != other.form and not _is_free(one, other, first=before is None):
            capitals = one.form.casefold() == other.form.casefold()
            yield QuoteDifference(
                change="changed",
                sort="capitals" if capitals else "spelling",
                quoted=one.form,
                sourced=other.form,
            )
        if one.reference and other.reference and one.reference != other.reference:
            yield QuoteDifference(
                change="changed",
                sort="number",
                quoted=f"[{one.reference}]",
                sourced=f"[{other.reference}]",
            )
        if before is not None and one.gap != other.gap and not other.begins_block:
            numbers = is_number(one) and is_number(before[0])
            yield QuoteDifference(
                change="changed",
                sort="number" if numbers else "punctuation",
                quoted=joined_words((before[0], one)),
                sourced=joined_words((before[1], other)),
            )
        before = (one, other)


def _is_free(one: Word, other: Word, *, first: bool) -> bool:
    """Say whether an editor may set a word so: a first letter, a hyphen at a line end."""
    here, there = one.form, other.form
    if one.is_broken or other.is_broken:
        here, there = here.replace("-", ""), there.replace("-", "")
    if first:
        here, there = here[:1].casefold() + here[1:], there[:1].casefold() + there[1:]
    return here == there


def near_place(stretch: Stretch, parts: Sequence[Part]) -> QuotePlace | None:
    """Return the place in a stretch that is most like the quotation, all parts together."""
    words = stretch.words
    if _most_likeness(words, parts) < NEAR:
        return None
    heaviest = max(range(len(parts)), key=lambda n: sum(weight_of(w.key) for w in parts[n].words))
    main = words.nearest_run(parts[heaviest].words)
    if main is None:
        return None
    near: dict[int, NearRun] = {heaviest: main}
    for number in range(heaviest - 1, -1, -1):
        last = near[number + 1].run.first if number + 1 in near else main.run.first
        within = Run(max(0, last - MOST_ELIDED - len(parts[number].words)), last)
        _put(near, number, words.nearest_run(parts[number].words, within))
    for number in range(heaviest + 1, len(parts)):
        first = max(one.run.last for one in near.values())
        within = Run(first, first + MOST_ELIDED + len(parts[number].words))
        _put(near, number, words.nearest_run(parts[number].words, within))
    return _near_found(stretch, parts, near)


def _most_likeness(words: SourceWords, parts: Sequence[Part]) -> float:
    """Return what the likeness of a stretch can be at most, by the words that it has at all."""
    weights = [(word.key, weight_of(word.key)) for part in parts for word in part.words]
    shared = sum(weight for key, weight in weights if words.has(key))
    return 2 * shared / (shared + sum(weight for _, weight in weights))


def _put(near: dict[int, NearRun], number: int, found: NearRun | None) -> None:
    if found is not None and found.likeness >= NEAR / 2:
        near[number] = found


def _near_found(stretch: Stretch, parts: Sequence[Part], near: dict[int, NearRun]) -> QuotePlace:
    words, show = stretch.words, _Shown(stretch, stretch.words)
    differences: list[QuoteDifference] = []
    elided: list[str] = []
    weights = [sum(weight_of(word.key) for word in part.words) for part in parts]
    likeness = sum(near[n].likeness * weights[n] for n in near) / sum(weights)
    before: int | None = None
    for number, part in enumerate(parts):
        if number not in near:
            differences.append(word_difference(part.words, (), show.words))
            continue
        run = near[number].run
        if before is not None and before < run.first:
            elided.append(show.text(words.words[before : run.first]))
        first = run.first if before is None else min(before, run.first)
        differences += _dropped(words, Run(first, run.first), part, show)
        before = run.last
        for step in near[number].steps:
            quoted = part.words[step.quoted.first : step.quoted.last]
            sourced = words.words[step.sourced.first : step.sourced.last]
            if step.is_same:
                differences += _lesser(quoted, sourced, show)
            elif quoted or sourced:
                differences.append(word_difference(quoted, sourced, show.words))
    differences += _weighty(parts[-1].put_behind, (), show)
    whole = Run(min(one.run.first for one in near.values()), max(n.run.last for n in near.values()))
    return QuotePlace(stretch, words, whole, tuple(differences), tuple(elided), likeness)


@dataclass(frozen=True)
class _Shown:
    """Prints words of a quotation and of the source it is held against."""

    stretch: Stretch
    source: SourceWords

    def words(self, words: Sequence[Word], sourced: bool) -> str:
        """Return words as a difference shows them."""
        return self.text(words) if sourced else _cut(joined_words(words))

    def text(self, words: Sequence[Word]) -> str:
        """Return what stands in the source from the first to the last of some words."""
        if not words:
            return ""
        parts: list[list[Word]] = [[words[0]]]
        for word in words[1:]:
            if word.start < parts[-1][-1].end:
                parts.append([])
            parts[-1].append(word)
        whole = self.stretch.source.text
        return _cut(" ".join(folded(whole[p[0].start : p[-1].end]) for p in parts))


def joined_words(words: Sequence[Word]) -> str:
    """Return words with the punctuation between them, as text."""
    found = words[0].form if words else ""
    for word in words[1:]:
        opens = word.gap.startswith("(") or word.gap == "-"
        found += f" {word.gap}{word.form}" if opens else f"{word.gap} {word.form}"
    return found


def _cut(text: str) -> str:
    if len(text) <= _SHOWN:
        return text
    half = _SHOWN // 2
    return f"{text[:half].rstrip()} \u2026 {text[-half:].lstrip()}"
