"""How truly quotes are marked on the pages of PDFs, and how long a picture takes.

`python -m benchmarks.page_pictures FILES...` draws quotes from real PDFs, as answers cite them (a
sentence, a few of them, an item, a row), has each marked, and compares the words under the mark
with the quote. What stands under it is asked of `pdftotext -bbox` of poppler-utils, which shares no
code with PDFium. Time is that of one processor, for the picture of the part and of the whole page.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import shutil
import subprocess
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from pypdfium2 import PdfDocument

from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.errors import LoadError
from index.load.page_marks import Unmarked, page_marks
from index.load.pdf import load_pdf
from index.load.pdf_boxes import Box
from index.load.pdf_characters import PageCharacters
from index.load.pdf_page_picture import PageOrder, page_picture
from index.schema import LoadedDocument, Passage, Source, Span

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_SIGN = re.compile(r"[^\W_]")
_WORD = re.compile(
    r'<word xMin="([^"]+)" yMin="([^"]+)" xMax="([^"]+)" yMax="([^"]+)">(.*?)</word>'
)


@dataclass
class Counts:
    """What became of the quotes."""

    by_kind: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Quote:
    """A quote to be marked."""

    kind: str
    span: Span


def main(words: Sequence[str] | None = None) -> None:
    """Measure the files that are named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--each", type=int, default=10, help="quotes of each file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tell", action="store_true", help="name what is not as it should be")
    options = parser.parse_args(words)
    if shutil.which("pdftotext") is None:
        sys.exit("pdftotext is missing: install poppler-utils.")
    counts = Counts()
    for path in options.files:
        _measure(path, options.each, random.Random(options.seed), counts, tell=options.tell)
    tell_counts(counts)


def tell_counts(counts: Counts) -> None:
    """Print what was counted."""
    kinds = sorted({key.partition(":")[0] for key in counts.by_kind})
    print(f"{'quotes':12} {'all':>5} {'true':>6} {'unmarked':>9} {'not told':>9} {'wrong':>6}")
    for kind in [*kinds, "all"]:
        found = Counter[str]()
        for key, count in counts.by_kind.items():
            if kind in ("all", key.partition(":")[0]):
                found[key.partition(":")[2]] += count
        print(
            f"{kind:12} {found.total():5} {found['true']:6} {found['unmarked']:9}"
            f" {found['not told']:9} {found['wrong']:6}"
        )
    for reason, count in counts.reasons.most_common():
        print(f"  {count:4}  {reason}")
    cuts = quantiles(counts.seconds, n=100)
    print(f"a picture takes {cuts[49] * 1e3:.0f} ms (p50), {cuts[94] * 1e3:.0f} ms (p95)", end=", ")
    print(f"{max(counts.seconds) * 1e3:.0f} ms at most; {max(counts.sizes) / 1e6:.2f} MB at most")


def _measure(path: Path, each: int, chance: random.Random, counts: Counts, *, tell: bool) -> None:
    data = path.read_bytes()
    try:
        loaded = load_pdf(data, path.name)
    except LoadError as error:
        print(f"{path.name}: {error.reason}")
        return
    quotes = list(_quotes(loaded))
    for quote in chance.sample(quotes, min(each, len(quotes))):
        number = next(n for n, page in enumerate(loaded.pages) if quote.span.start < page.end)
        page = loaded.pages[number]
        written = page.of(loaded.text)
        inside = (quote.span.start - page.start, min(quote.span.end, page.end) - page.start)
        outcome, reason = _outcome(data, path, number, written, inside)
        counts.by_kind[f"{quote.kind}:{outcome}"] += 1
        if outcome != "true":
            counts.reasons[f"{outcome}: {reason}" if outcome == "unmarked" else outcome] += 1
            if tell:
                print(f"{outcome} {path} page {number + 1} {quote.kind}: {reason}")
                print(f"    {written[slice(*inside)][:300]!r}")
        for whole in (False, True):
            began = time.process_time()
            made = page_picture(
                data, path.name, PageOrder(number, written, inside, None, (), whole)
            )
            counts.seconds.append(time.process_time() - began)
            counts.sizes.append(len(made.png))


def _outcome(
    data: bytes, path: Path, number: int, written: str, quote: tuple[int, int]
) -> tuple[str, str]:
    """Say what became of a quote; `not told` where poppler reads other signs, or in other order."""
    with PdfDocument(data) as document:
        document.init_forms()
        page = document[number]
        text_page = page.get_textpage()
        try:
            size = page.get_size()
            marks = page_marks(PageCharacters(page, text_page.raw), written, quote)
        except Unmarked as error:
            return "unmarked", str(error)
        finally:
            text_page.close()
            page.close()
    wanted = Counter(_signs(written[slice(*quote)]))
    words = list(_words(path, number + 1))
    under = list(_under(words, marks.quote, size[1]))
    least = Counter(_signs("".join(word for word, is_whole in under if is_whole)))
    most = Counter(_signs("".join(word for word, _ in under)))
    if least <= wanted <= most:
        return "true", ""
    said = f"under the mark: {' '.join(word for word, _ in under)[:300]!r}"
    read = _signs("".join(word for word, _ in words))
    return ("wrong" if _signs(written[slice(*quote)]) in read else "not told"), said


def _under(
    words: Iterable[tuple[str, Box]], marks: Sequence[Box], height: float
) -> Iterator[tuple[str, bool]]:
    """Yield the words of poppler, whose places run from the top, that marks touch: all of each?"""
    for word, box in words:
        middle = height - (box.bottom + box.top) / 2
        covers = [
            min(box.right, mark.right) - max(box.left, mark.left)
            for mark in marks
            if mark.bottom <= middle <= mark.top
        ]
        covered, width = sum(each for each in covers if each > 0), box.right - box.left
        if covered > min(0.5, 0.1 * width):
            yield word, covered > 0.9 * width


def _words(path: Path, page: int) -> Iterator[tuple[str, Box]]:
    run = subprocess.run(
        ["pdftotext", "-bbox", "-cropbox", "-f", str(page), "-l", str(page), str(path), "-"],
        capture_output=True,
        check=True,
    )
    for left, top, right, bottom, word in _WORD.findall(run.stdout.decode("utf-8", "replace")):
        yield html.unescape(word), Box(float(left), float(top), float(right), float(bottom))


def _signs(text: str) -> str:
    """Return the letters and digits of a text, ligatures apart."""
    return "".join(_SIGN.findall(unicodedata.normalize("NFKD", text)))


def _quotes(loaded: LoadedDocument) -> Iterator[Quote]:
    """Yield what an answer may cite: sentences, items and rows, and up to three together.

    What was recognised in pictures is left out, as it has no characters to be marked.
    """
    source = Source(
        **dict(loaded), id="s", collection="c", uri="a.pdf", sha256="0" * 64, added_at=_NOW
    )
    for passage in chunk(source, ChunkConfig()):
        for quote in _of(passage, loaded.text):
            if not source.regions_of(quote.span):
                yield quote


def _of(passage: Passage, text: str) -> Iterator[Quote]:
    spans = [span for span in passage.sentences if len(_signs(span.of(text))) >= 8]
    for span in spans:
        yield Quote(passage.kind, span)
    for first, _, last in zip(spans, spans[1:], spans[2:], strict=False):
        yield Quote(f"3 x {passage.kind}", Span(start=first.start, end=last.end))


if __name__ == "__main__":
    main()
