"""How faithfully PDF files are read: words, pages, rows of tables, and what it costs.

`python -m benchmarks.fidelity pdf FILES...` compares each file with what `pdftotext` of
poppler-utils reads, and tables that are made here with their cells. `--compare FOLDER` also times
the Quoth of another folder, a checkout of an older version say.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from pypdfium2 import PdfDocument

from benchmarks.made_pdf_tables import MadeReport, Row, made_reports
from index.errors import LoadError
from index.load.pdf import load_pdf
from index.schema import LoadedDocument
from index.text.table_rows import cells, header_of

_WORD = re.compile(r"[^\W_]+")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"})
_DIVIDED = re.compile(r"(\w)[-\u00ad‐]\s*\n\s*(\w)")

_CONTENTS = re.compile(r"(?:[.…·_]\s?){3,}\s*\w+\s*$|^\W*(?:table of )?contents\W*$", re.IGNORECASE)
"""Lines of tables of contents."""

_TIME = """
import sys, time
sys.path.insert(0, sys.argv[1])
from index.load.pdf import load_pdf
data = open(sys.argv[2], "rb").read()
took = []
for _ in range(3):
    began = time.process_time()
    load_pdf(data, "a.pdf")
    took.append(time.process_time() - began)
print(min(took))
"""


def main(words: Sequence[str] | None = None) -> None:
    """Measure the files that are named, and the tables that are made."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--compare", type=Path, help="a folder with another version of Quoth")
    options = parser.parse_args(words)
    tell_tables(made_reports())
    if options.files:
        tell_files(options.files, options.compare)


def tell_tables(reports: Sequence[MadeReport]) -> None:
    """Print for each style how many rows stand on one line with their header above them."""
    print("rows on one line, with their header")
    found = of = 0
    for report in reports:
        loaded = load_pdf(report.data, "report.pdf")
        whole = sum(is_whole(loaded.text, report.header, row) for row in report.rows)
        print(f"  {whole:4} of {len(report.rows):4}  {report.style}")
        found += whole
        of += len(report.rows)
    print(f"  {found:4} of {of:4}  together: {found / of:.1%}\n")


def is_whole(text: str, header: Row, row: Row) -> bool:
    """Say whether a row stands on one line of a text, below the header of its table."""
    start = 0
    for line in text.split("\n"):
        if row[0] in line and tuple(cells(line)) == row:
            found = header_of(text, start)
            return found is not None and tuple(cells(found.of(text))) == header
        start += len(line) + 1
    return False


def tell_files(files: Sequence[Path], compare: Path | None) -> None:
    """Print what is lost of each file, and the time that a page takes."""
    if shutil.which("pdftotext") is None:
        print("pdftotext is missing: install poppler-utils to compare words and pages.")
    print(f"{'file':32} pages  exact  words    lost  in repeats  ms/page  before")
    totals: Counter[str] = Counter()
    for path in files:
        try:
            loaded = load_pdf(path.read_bytes(), path.name)
        except LoadError as error:
            print(f"{path.name[:32]:32} {error.reason}")
            continue
        counts = measured(path, loaded)
        counts["time"] = int(1e6 * seconds(Path.cwd(), path))
        counts["before"] = int(1e6 * seconds(compare, path)) if compare else 0
        totals += counts
        _print_line(path.name, counts)
        totals["files"] += 1
    _print_line(f"{totals['files']} files", totals)


def _print_line(name: str, counts: Counter[str]) -> None:
    pages, words = max(1, counts["pages"]), max(1, counts["words"])
    print(
        f"{name[:32]:32} {counts['pages']:5}  {counts['exact']:5}  {counts['words']:7}"
        f" {counts['lost'] / words:6.2%}  {counts['repeats'] / words:8.2%}"
        f"  {counts['time'] / pages / 1e3:7.2f}  {counts['before'] / pages / 1e3:6.2f}"
    )


def measured(path: Path, loaded: LoadedDocument) -> Counter[str]:
    """Count pages, those that hold no word of another one, words, and words that are lost.

    Lines that are left out whole count as repeats where they come again on other pages, or end in
    dots and a number: heads, feet and tables of contents.
    """
    counts = Counter(pages=len(loaded.pages), exact=0, words=0, lost=0, repeats=0)
    others = list(pages_of_poppler(path))
    often = Counter(key for page in others for key in {_key(line) for line in page.split("\n")})
    for page, other, printed in zip(loaded.pages, others, pages_of_pdfium(path), strict=True):
        ours, theirs = Counter(words_of(page.of(loaded.text))), Counter(words_of(other))
        missing, repeats = theirs - ours, 0
        for line in other.split("\n"):
            words = Counter(words_of(line))
            if words <= missing and (often[_key(line)] > 2 or _CONTENTS.search(line)):
                missing -= words
                repeats += words.total()
        counts["words"] += theirs.total()
        counts["lost"] += missing.total()
        counts["repeats"] += repeats
        # Words are divided, and put together, in other ways by each.
        known = "".join(words_of(other)) + " " + "".join(words_of(printed))
        counts["exact"] += all(word in known for word in ours)
    return counts


def _key(line: str) -> str:
    """Return a line without its numbers."""
    return re.sub(r"\d+|\b[ivxlc]+\b", "#", line).strip()


def pages_of_pdfium(path: Path) -> Iterator[str]:
    """Yield the text of each page as PDFium gives it, every word of it."""
    with PdfDocument(path) as document:
        for page in document:
            text_page = page.get_textpage()
            yield text_page.get_text_range().replace("\ufffe", "")
            text_page.close()
            page.close()


def pages_of_poppler(path: Path) -> Iterator[str]:
    """Yield the text of each page as pdftotext reads it."""
    if shutil.which("pdftotext") is None:
        return
    done = subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True)
    yield from done.stdout.decode("utf-8", "replace").removesuffix("\f").split("\f")


def words_of(text: str) -> list[str]:
    """Return the words of a text, those divided at the end of a line in one piece."""
    return _WORD.findall(_DIVIDED.sub(r"\1\2", text).translate(_LIGATURES).casefold())


def seconds(folder: Path, path: Path) -> float:
    """Return the processor time in which the Quoth of a folder reads a file, at best."""
    command = [sys.executable, "-c", _TIME, str(folder.resolve()), str(path.resolve())]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd="/")
    return float(done.stdout)


if __name__ == "__main__":
    began = time.monotonic()
    main()
    print(f"{time.monotonic() - began:.0f} s")
