"""How much of what a browser shows in the main part of saved pages the loader keeps.

    python -m benchmarks.fidelity html FOLDER... [--most PAGES] [--shown FILE]

Told are, by generator: headings that are headings with us too, words that we hold (each as often
as it stands there), words of ours that the browser does not show there, and flattened pages:
those of which one line is left, or no heading of several. Closed details are opened first; tabs
that a page hides count as hidden. `benchmarks/main_parts.py` says what the main part of a page is.
Chromium has to be installed; what it showed is kept in FILE, and not asked again.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.main_parts import MAIN_PARTS
from benchmarks.shown_pages import BROWSERS, ShownPage, open_browser
from index.errors import LoadError
from index.load.loaders import load_file

GOALS = {"headings": 0.98, "words": 0.95, "extra": 0.05}

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"^[ >]*\d+\. ", re.MULTILINE)
"""A list's number: a browser shows it, but does not count it as text."""
_HEADING = re.compile(r"^(?:> | |[-*] |\d+\. )*#{1,6} (.+)$", re.MULTILINE)
_FENCED = re.compile(
    r"^(?:> | |[-*] |\d+\. )*(`{3,})[^`\n]*\n.*?^[ >]*\1 *$", re.MULTILINE | re.DOTALL
)
_SENDS_ON = re.compile(rb"<meta[^>]*http-equiv\s*=\s*[\"']?refresh", re.IGNORECASE)
"""What a page holds that only leads to another."""
_SIGNS = "§¶# \n\t"


@dataclass(frozen=True)
class Measured:
    """One page, or the sum of several."""

    pages: int = 0
    headings: int = 0
    headings_kept: int = 0
    words: int = 0
    words_kept: int = 0
    ours: int = 0
    extra: int = 0
    flattened: int = 0
    size: int = 0
    """Bytes of the page."""
    seconds: float = 0
    """Processor time of loading it."""

    def __add__(self, other: Measured) -> Measured:
        theirs = asdict(other)
        return Measured(**{name: value + theirs[name] for name, value in asdict(self).items()})

    def row(self, name: str) -> str:
        """Return a row of the table."""
        return (
            f"| {name} | {self.pages} | {self.headings_kept} of {self.headings} "
            f"({_share(self.headings_kept, self.headings)}) | "
            f"{_share(self.words_kept, self.words)} of {self.words:,} | "
            f"{_share(self.extra, self.ours)} | {self.flattened} |"
        )


def main(words: Sequence[str]) -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.fidelity html")
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=25, help="pages of a folder, evenly spread")
    parser.add_argument("--shown", type=Path, help="where what the browser showed is kept")
    parser.add_argument("--worst", type=int, default=0, help="name so many of the worst pages")
    given = parser.parse_args(words)
    paths = [path for folder in given.folders for path in _pages(folder, given.most)]
    shown = _shown(paths, given.shown)
    found: defaultdict[str, Measured] = defaultdict(Measured)
    worst: list[tuple[Measured, Path]] = []
    unmeasured: Counter[str] = Counter()
    for path in paths:
        page = shown[str(path)]
        if page is None or page.text is None or not _words(page.text):
            unmeasured["no page" if page is None else f"{page.family}, no main part"] += 1
            continue
        measured = _measured(path, page)
        found[page.family] += measured
        worst.append((measured, path))
    _report(found, unmeasured)
    for each, path in sorted(worst, key=lambda pair: _badness(pair[0]))[-given.worst :]:
        if given.worst:
            print(each.row(str(path)))


def _pages(folder: Path, most: int) -> list[Path]:
    """Return pages of a folder, evenly spread over their names."""
    pages = sorted(
        path
        for path in folder.rglob("*.html")
        if path.is_file() and not _SENDS_ON.search(path.read_bytes()[:4096])
    )
    step = max(1, len(pages) / most)
    return [pages[int(number * step)] for number in range(min(most, len(pages)))]


def _shown(paths: Iterable[Path], kept: Path | None) -> dict[str, ShownPage | None]:
    """Return what a browser shows of each page, asked only for what is not kept yet."""
    shown: dict[str, ShownPage | None] = {}
    if kept and kept.exists():
        for line in kept.read_text().splitlines():
            name, page = json.loads(line)
            shown[name] = page and ShownPage(page["family"], tuple(page["headings"]), page["text"])
    missing = [path for path in paths if str(path) not in shown]
    if missing:
        program = next((found for name in BROWSERS if (found := shutil.which(name))), None)
        if program is None:
            raise SystemExit("Install Chromium: what it shows is what is measured against.")
        with open_browser(program) as browser:
            for path in missing:
                shown[str(path)] = browser.shown(path, MAIN_PARTS)
    if kept:
        rows = ([name, asdict(page) if page else None] for name, page in shown.items())
        kept.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return shown


def _measured(path: Path, page: ShownPage) -> Measured:
    """Compare one page with what we make of it."""
    began = time.process_time()
    try:
        text = load_file(path).text
    except LoadError:
        text = ""
    seconds = time.process_time() - began
    shown = page.text or ""
    theirs, ours = Counter(_words(shown)), Counter(_words(text))
    headings = Counter(name for each in page.headings if (name := _name(each)))
    kept = Counter(_name(each) for each in _HEADING.findall(_FENCED.sub("", text)))
    headings_kept = (headings & kept).total()
    lines = [line for line in shown.splitlines() if line.strip()]
    flat = (len(lines) > 2 and "\n" not in text) or (headings.total() > 1 and not headings_kept)
    return Measured(
        pages=1,
        headings=headings.total(),
        headings_kept=headings_kept,
        words=theirs.total(),
        words_kept=(theirs & ours).total(),
        ours=ours.total(),
        extra=(ours - theirs).total(),
        flattened=int(flat),
        size=path.stat().st_size,
        seconds=seconds,
    )


def _words(text: str) -> list[str]:
    """Return the words of a text, however they are written, without the numbers of lists."""
    return _WORD.findall(_INVISIBLE.sub("", _NUMBER.sub("", text)).casefold())


def _name(heading: str) -> str:
    """Return the words of a heading."""
    return " ".join(_WORD.findall(_INVISIBLE.sub("", heading.strip(_SIGNS)).casefold()))


def _badness(each: Measured) -> tuple[int, int]:
    return (each.headings - each.headings_kept) * 20 + each.words - each.words_kept, each.extra


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _report(found: dict[str, Measured], unmeasured: Counter[str]) -> None:
    """Print the table, what was left out, the goals and the time."""
    print("| Generator | Pages | Headings kept | Words kept | Words extra | Flattened |")
    print("|---|---|---|---|---|---|")
    for name in sorted(found):
        print(found[name].row(name))
    whole = sum(found.values(), Measured())
    print(whole.row("all"))
    for line in _left_out(unmeasured):
        print(line)
    if whole.pages:
        reached = (
            whole.headings_kept >= GOALS["headings"] * whole.headings
            and whole.words_kept >= GOALS["words"] * whole.words
            and whole.extra <= GOALS["extra"] * whole.ours
            and not whole.flattened
        )
        print(f"Goals {'reached' if reached else 'missed'}: {GOALS}, no page flattened.")
        print(f"{whole.seconds / (whole.size / 1e6):.2f} s of processor time a megabyte.")


def _left_out(unmeasured: Counter[str]) -> Iterator[str]:
    """Yield how many pages could not be measured, and why."""
    for reason, count in sorted(unmeasured.items()):
        print(end="")
        yield f"Not measured: {count} pages ({reason})."
