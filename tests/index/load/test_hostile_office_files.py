"""Office files that were made to do harm: they are refused, or read as what little they are."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from tests.doubles.growth import grows_in_step
from tests.doubles.office_files import (
    IDS,
    WORDS,
    open_document,
    package,
    paragraph,
    word_document,
    workbook,
)

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "lol">'
    + "".join(f"<!ENTITY {one} '{f'&{two};' * 10}'>" for two, one in pairwise("abcdefghi"))
    + "]>"
)
SEEN = "<c t='str'><v>Seen&i;</v></c>"
OUTSIDE = '<!DOCTYPE x [<!ENTITY i SYSTEM "file://{}">]>'


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("a.docx", lambda declared: word_document(paragraph("Seen&i;"), declared)),
        ("a.xlsx", lambda d: workbook(f"<sheetData><row>{SEEN}</row></sheetData>", d)),
        ("a.odt", lambda d: open_document("text", "<t:p>Seen&i;</t:p>", d)),
    ],
    ids=["docx", "xlsx", "odt"],
)  # fmt: skip
def test_entities_are_neither_expanded_nor_fetched(
    name: str, made: Callable[[str], bytes], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret of this machine")
    for declared in (LAUGHS, OUTSIDE.format(secret)):
        with contextlib.suppress(LoadError):
            assert load_bytes(made(declared), name=name).text.removeprefix("# A\n\n") == "Seen"


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.load.office_package._MOST", 10_000)
    for name, data in (
        ("a.docx", word_document(paragraph("x" * 20_000))),
        ("a.xlsx", workbook(f"<sheetData>{'<row/>' * 9000}</sheetData>")),
        ("a.odt", open_document("text", "<t:p/>" * 9000)),
    ):
        with pytest.raises(LoadError, match="unpacks to too much"):
            load_bytes(data, name=name)


def test_a_size_that_is_a_lie_is_damage() -> None:
    data = word_document(paragraph("x" * 20_000))
    at = data.rindex(b"word/document.xml") - 22
    lie = data[:at] + (100).to_bytes(4, "little") + data[at + 4 :]
    with pytest.raises(LoadError, match="damaged"):
        load_bytes(lie, name="a.docx")


def test_parts_nested_without_end_are_refused_by_name() -> None:
    deep = "<w:sdt>" * 3000 + paragraph("x") + "</w:sdt>" * 3000
    with pytest.raises(LoadError, match=r"'word/document.xml' is damaged"):
        load_bytes(word_document(deep), name="a.docx")


def test_what_lies_outside_the_file_is_not_looked_for() -> None:
    away = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="s" Type="{IDS}/styles" Target="http://127.0.0.1:9/a" '
        'TargetMode="External"/><Relationship Id="n" Type="a/numbering" '
        'Target="../../../../etc/passwd"/></Relationships>'
    )
    root = f'<w:document xmlns:w="{WORDS}"><w:body>{paragraph("x")}</w:body></w:document>'
    parts = {"word/document.xml": root, "word/_rels/document.xml.rels": away}
    assert load_bytes(package("word/document.xml", parts), name="a.docx").text == "x"


CELL = "<a:table-cell><t:p>x</t:p></a:table-cell>"
COLUMN = '<col min="1" max="9" hidden="1"/>'
ROW = "<row><c r='A1'><v>1</v></c><c r='Z1'><v>2</v></c></row>"
MERGE = '<mergeCell ref="A1:A99999"/>'


def rows(count: int) -> str:
    return f"<sheetData>{ROW * count}</sheetData>"


def columns(count: int) -> str:
    return f"<w:tbl><w:tr>{f'<w:tc>{WORD}</w:tc>' * count}</w:tr></w:tbl>"


WORD = paragraph("x")
GROWING: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "footnotes": ("a.docx", lambda n: word_document('<w:footnoteReference w:id="1"/>' * n)),
    "columns of a row": ("a.docx", lambda n: word_document(columns(n))),
    "hidden columns": ("a.xlsx", lambda n: workbook(f"<cols>{COLUMN * n}</cols>{rows(n)}")),
    "merged cells": ("a.xlsx", lambda n: workbook(
        f"{rows(n)}<mergeCells>{MERGE * n}</mergeCells>"
    )),
    "cells of a row": ("a.ods", lambda n: open_document(
        "spreadsheet", f"<a:table><a:table-row>{CELL * n}</a:table-row></a:table>"
    )),
    "styles": ("a.rtf", lambda n: b"{\\rtf1 a{\\stylesheet" + b"{\\a{}" * n + b"}"),
    "fonts": ("a.rtf", lambda n: b"{\\rtf1 a{\\fonttbl" + b"\\f1" * n + b"}"),
    "parameters": ("a.eml", lambda n: b"Content-Type: text/plain; " + b"a*0=b; " * n + b"\n\nx"),
    "words of a head": ("a.eml", lambda n: b"Subject: " + b"=?utf-8?q?a?= " * n + b"\n\nx"),
    "quotes": ("a.mbox", lambda n: b"From a\nSubject: x\n\n> hello\nwords\n\n" * (n // 10)),
}  # fmt: skip


@pytest.mark.parametrize("what", GROWING)
def test_twice_as_much_takes_twice_as_long(what: str) -> None:
    name, made = GROWING[what]
    grows_in_step(lambda data: load_bytes(data, name=name), made, 3_000)
