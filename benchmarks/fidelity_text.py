"""How faithfully text formats are read: encodings, sections of reStructuredText, lines of tables.

    uv run --with docutils --with django python -m benchmarks.fidelity text FOLDER...

Looked at is what lies in the folders: translations (`locale/LANGUAGE/LC_MESSAGES/*.mo`, as Django
has them), of which up to 60 sentences a language are written in its older encodings and read back;
`.rst` and `.rst.txt` files, whose sections are compared with those that docutils finds; `.csv`
files, whose rows are looked for in the lines that they begin in.
"""

from __future__ import annotations

import argparse
import csv
import gettext
import io
import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.chunk.blocks import Lines
from index.chunk.restructured_text_blocks import RestructuredTextParser
from index.errors import LoadError
from index.load.decode import decode
from index.load.loaders import load_bytes
from index.text.layout import folded

# fmt: off
ENCODINGS = {
    "pl": ("cp1250", "iso8859-2"), "cs": ("cp1250", "iso8859-2"), "hu": ("cp1250", "iso8859-2"),
    "sk": ("cp1250",), "hr": ("cp1250",), "ru": ("cp1251", "koi8-r", "cp866"),
    "uk": ("cp1251", "koi8-u"), "bg": ("cp1251",), "fr": ("cp1252",), "de": ("cp1252", "cp850"),
    "es": ("cp1252",), "pt": ("cp1252",), "it": ("cp1252",), "sv": ("cp1252",), "nb": ("cp1252",),
    "da": ("cp1252",), "fi": ("cp1252",), "nl": ("cp1252",), "el": ("cp1253", "iso8859-7"),
    "tr": ("cp1254",), "he": ("cp1255",), "ar": ("cp1256",), "lt": ("cp1257",), "lv": ("cp1257",),
    "et": ("cp1257",), "ja": ("shift_jis", "euc_jp"), "zh_Hans": ("gb18030",),
    "zh_Hant": ("big5",), "ko": ("euc_kr",), "th": ("tis-620",),
}
# fmt: on
DENSE = frozenset({"ja", "zh_Hans", "zh_Hant", "ko", "th"})
"""Languages of which a short sentence has half as many characters."""
SENTENCES = 60

_PLACE = re.compile(r"%\(?\w*\)?[sd]?|<[^>]+>|&\w+;|\s+")
_ROLE = re.compile(r":[\w:+.-]+:(?=`)")
_TARGET = re.compile(r"`([^`<]*)<[^>]*>`_{0,2}")


def main(words: Sequence[str] | None = None) -> None:
    """Measure what the folders hold and print one line for each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--most", type=int, default=500, help="files of a kind (default: 500)")
    given = parser.parse_args(words)
    files = sorted(path for folder in given.folders for path in folder.rglob("*"))
    random.Random(1).shuffle(files)
    _tell_encodings([path for path in files if path.suffix == ".mo"])
    _tell_sections([p for p in files if p.name.endswith((".rst", ".rst.txt"))][: given.most])
    _tell_rows([path for path in files if path.suffix == ".csv"][: given.most])


def _tell_encodings(catalogs: Sequence[Path]) -> None:
    right, wrong = Counter[str](), Counter[str]()
    for language, encodings in ENCODINGS.items():
        sentences = _sentences(language, catalogs)
        for encoding in encodings:
            for text in sentences:
                try:
                    data = text.encode(encoding)
                except UnicodeError:
                    continue
                (right if _is_read(data, text) else wrong)[f"{language} in {encoding}"] += 1
    if total := right.total() + wrong.total():
        print(f"encodings: {right.total()} of {total} sentences right; wrong: {dict(wrong)}")


def _sentences(language: str, catalogs: Sequence[Path]) -> list[str]:
    """Return sentences of a language with two letters at least that are not ASCII."""
    least, most = (15, 40) if language in DENSE else (30, 80)
    found = set()
    for path in catalogs:
        if path.parts[-3] != language:
            continue
        with path.open("rb") as file:
            translations: dict[Any, str] = vars(gettext.GNUTranslations(file))["_catalog"]
        for text in translations.values():
            plain = _PLACE.sub(" ", text).strip()
            if least <= len(plain) <= most and sum(letter > "\x7f" for letter in plain) > 1:
                found.add(plain)
    sentences = sorted(found)
    random.Random(1).shuffle(sentences)
    return sentences[:SENTENCES]


def _is_read(data: bytes, text: str) -> bool:
    try:
        return decode(data, name="old.txt").text == text
    except LoadError:
        return False


def _tell_sections(files: Sequence[Path]) -> None:
    right = theirs = ours = exact = 0
    for path in files:
        data = path.read_bytes()
        expected = Counter(_judged(data.decode("utf-8", "replace"), str(path)))
        found = Counter(_found(data))
        right += (expected & found).total()
        theirs, ours, exact = (
            theirs + expected.total(),
            ours + found.total(),
            exact + (expected == found),
        )
    if files:
        print(
            f"sections: {right} of {theirs} right, {ours - right} more that are none or otherwise; "
            f"{exact} of {len(files)} files without a difference"
        )


def _found(data: bytes) -> Iterator[tuple[int, str]]:
    """Yield level and letters of the sections that Quoth finds."""
    try:
        text = load_bytes(data, name="a.rst").text
    except LoadError:
        return
    for block in RestructuredTextParser(Lines(text)).blocks():
        if block.kind == "heading":
            yield block.level, _letters(block.title)


def _judged(text: str, name: str) -> Iterator[tuple[int, str]]:
    """Yield the same of the sections that docutils finds."""
    from docutils import nodes  # type: ignore[import-untyped, unused-ignore]
    from docutils.frontend import get_default_settings  # type: ignore[import-untyped, unused-ignore]
    from docutils.parsers.rst import Parser  # type: ignore[import-untyped, unused-ignore]
    from docutils.utils import new_document  # type: ignore[import-untyped, unused-ignore]

    settings = get_default_settings(Parser)
    settings.report_level, settings.halt_level = 5, 6
    settings.file_insertion_enabled = settings.raw_enabled = False
    settings.warning_stream = io.StringIO()
    document = new_document(name, settings)
    Parser().parse(text, document)
    waiting = [(0, document)]
    while waiting:
        level, node = waiting.pop()
        for child in node.children:
            if isinstance(child, nodes.section):
                yield level + 1, _letters(child.next_node(nodes.title).astext())
                waiting.append((level + 1, child))


def _letters(title: str) -> str:
    return re.sub(r"[\W_]", "", _TARGET.sub(r"\1", _ROLE.sub("", title))).lower()


def _tell_rows(files: Sequence[Path]) -> None:
    right = total = 0
    for path in files:
        try:
            text = load_bytes(path.read_bytes(), name=path.name).text
        except LoadError:
            continue
        lines = text.split("\n")
        for line, row in _rows(path):
            total += 1
            shown = lines[line - 1].replace("\\|", "|") if line <= len(lines) else ""
            right += all(folded(cell) in shown for cell in row)
    if total:
        print(f"tables: {right} of {total} rows in their line, in {len(files)} files")


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a file with the line that each begins in, from 1."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader, line = csv.reader(file), 1
        for row in reader:
            yield line, row
            line = reader.line_num + 1


if __name__ == "__main__":
    main()
