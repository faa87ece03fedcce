"""OpenDocument texts, spreadsheets and presentations: what LibreOffice shows of them."""

from __future__ import annotations

import pytest

from index.errors import LoadError
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import told_place
from tests.doubles.loaded_sources import source_of
from tests.doubles.office_files import zipped

_BASE = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = " ".join(
    f'xmlns:{short}="{_BASE}{name}:1.0"'
    for short, name in (
        ("office", "office"), ("text", "text"), ("table", "table"), ("draw", "drawing"),
        ("style", "style"), ("presentation", "presentation"), ("svg", "svg-compatible"),
    )
)  # fmt: skip
META = (
    f'<office:document-meta {SPACES} xmlns:dc="http://purl.org/dc/elements/1.1/"><office:meta>'
    "<dc:date>2026-05-01T10:00:00</dc:date></office:meta></office:document-meta>"
)


def loaded(kind: str, body: str, styles: str = "", ending: str = "odt") -> LoadedDocument:
    content = (
        f"<office:document-content {SPACES}><office:automatic-styles>{styles}"
        f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}>"
        "</office:body></office:document-content>"
    )
    return load_bytes(zipped({"content.xml": content, "meta.xml": META}), name=f"the_pool.{ending}")


STYLES = (
    '<style:style style:name="Title"/>'
    '<style:style style:name="P1" style:parent-style-name="Title"/>'
    '<style:style style:name="Gone"><style:text-properties text:display="none"/></style:style>'
    '<text:list-style style:name="L"><text:list-level-style-number text:level="1" '
    'style:num-format="1" style:num-suffix="." text:start-value="3"/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-suffix=")"/>'
    '<text:list-level-style-bullet text:level="3"/></text:list-style>'
    '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/>'
    '<text:outline-level-style text:level="2" style:num-format="1" text:display-levels="2"/>'
    "</text:outline-style>"
)


def item(words: str, inside: str = "") -> str:
    return f"<text:list-item><text:p>{words}</text:p>{inside}</text:list-item>"


def test_a_text_is_read_as_it_is_shown() -> None:
    deepest = f"<text:list>{item('d')}</text:list>"
    deep = f"<text:list>{item('c', deepest)}</text:list>"
    document = loaded(
        "text",
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>deleted</text:p>"
        "</text:deletion></text:changed-region></text:tracked-changes>"
        '<text:p text:style-name="P1">Rules</text:p>'
        "<text:table-of-content><text:p>Fees 3</text:p></text:table-of-content>"
        '<text:h text:outline-level="1">Fees</text:h><text:h text:outline-level="2">Dogs</text:h>'
        "<text:p>Free<text:s text:c='2'/>for<text:tab/>all<text:note text:note-class='footnote'>"
        "<text:note-citation>1</text:note-citation><text:note-body><text:p>But cats.</text:p>"
        "</text:note-body></text:note>.<office:annotation><text:p>Really?</text:p>"
        "</office:annotation><draw:frame><draw:text-box><text:p>In a box</text:p></draw:text-box>"
        "</draw:frame></text:p>"
        '<text:p>Seen <text:span text:style-name="Gone">Buy now</text:span>words\n  here</text:p>'
        f"<text:list text:style-name='L'>{item('a')}{item('b', deep)}{item('e')}</text:list>"
        f"<text:list text:style-name='L' text:continue-numbering='true'>{item('f')}</text:list>"
        "<table:table><table:table-header-rows><table:table-row>"
        "<table:table-cell table:number-rows-spanned='2'><text:p>A|1</text:p></table:table-cell>"
        "<table:table-cell><text:p>B</text:p></table:table-cell></table:table-row>"
        "</table:table-header-rows><table:table-row><table:covered-table-cell/>"
        "<table:table-cell><text:p>C</text:p></table:table-cell></table:table-row></table:table>"
        '<text:section text:display="none"><text:p>Nobody sees it</text:p></text:section>'
        "<text:p># no heading</text:p>",
        STYLES,
    )
    assert document.title == "Rules"
    assert document.modified is not None
    assert document.text.split("\n\n") == [
        "# Rules", "## 1 Fees", "### 1.1 Dogs", "Free  for\tall.", "Footnote 1: But cats.",
        "In a box", "Seen words here", "3. a\n4. b\n    - a) c\n        - d\n5. e\n6. f",
        "| A\\|1 | B |\n| --- | --- |\n| A\\|1 | C |", "\\# no heading",
    ]  # fmt: skip
    assert "2 times" in document.warnings[0] and "Buy now" in document.warnings[0]


def cell(words: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{words}</text:p></table:table-cell>"


def test_a_sheet_is_read_row_by_row() -> None:
    row, hidden = "<table:table-row>", '<table:table-row table:visibility="filter">'
    number = 'office:value-type="float" office:value="3"'
    spanned = f'{number} table:number-rows-spanned="2"'
    rows = (
        f"{row}{cell('Prices')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="2"><table:table-cell/></table:table-row>'
        f"{row}{cell('Item')}{cell('Price')}{cell('Secret')}</table:table-row>"
        f"<table:table-row-group>{row}{cell('Nails')}"
        f"{cell('3,00 €', spanned)}</table:table-row>"
        f"{row}{cell('Bolts')}<table:covered-table-cell/></table:table-row></table:table-row-group>"
        f"{hidden}{cell('Old')}</table:table-row>"
        f"<table:table-row table:number-rows-repeated='2'>{cell('x')}{cell('2', number)}"
        "</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048570"><table:table-cell '
        'table:number-columns-repeated="16384"/></table:table-row>'
    )
    columns = (
        '<table:table-column table:number-columns-repeated="2"/>'
        '<table:table-column table:visibility="collapse"/>'
    )
    document = loaded(
        "spreadsheet",
        f'<table:table table:name="Summer">{columns}{rows}</table:table>'
        f"<table:table table:name='Costs' table:style-name='H'>{row}{cell('We pay less.')}"
        "</table:table-row></table:table>",
        '<style:style style:name="H"><style:table-properties table:display="false"/></style:style>',
        "ods",
    )
    assert document.text == (
        "# Summer\n\nPrices\n\n| Item | Price |\n| --- | --- |\n| Nails | 3,00 € |\n"
        "| Bolts | 3,00 € |\n| x | 2 |\n| x | 2 |"
    )
    assert document.warnings == (
        "Hidden, left out: sheet 'Costs'.", "Hidden, left out: 1 row of 'Summer'.",
        "Hidden, left out: 1 column of 'Summer'.",
    )  # fmt: skip
    source = source_of(document, "the_pool.ods")
    for words, place in (("Prices", 1), ("Item", 4), ("Bolts", 6), ("x | 2 |", 8)):
        at = source.text.index(words)
        where = told_place(source, Span(start=at, end=at + 4))
        assert where == f"sheet Summer, row {place}"


def test_a_sheet_filled_to_the_edge_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    row = '<table:table-row table:number-rows-repeated="1048576">{}</table:table-row>'
    wide = cell("y", 'table:number-columns-repeated="16384"')
    monkeypatch.setattr("index.load.ods._MOST_CELLS", 50_000)
    document = loaded(
        "spreadsheet", f'<table:table table:name="A">{row.format(wide)}</table:table>', "", "ods"
    )
    assert 50 < document.text.count("\n") < 60


def frame(words: str, top: str, left: str = "1cm", kind: str = "") -> str:
    kind = f'presentation:class="{kind}"' if kind else ""
    return (
        f'<draw:frame {kind} svg:x="{left}" svg:y="{top}"><draw:text-box><text:p>{words}</text:p>'
        "</draw:text-box></draw:frame>"
    )


def test_slides_stand_in_order_with_their_notes() -> None:
    first = (
        frame("below", "5cm") + frame("right", "31mm", "9cm") + frame("left", "3cm")
        + frame("Hours", "9cm", kind="title") + frame("7", "20cm", kind="page-number")
        + f"<presentation:notes>{frame('Say it.', '1cm', kind='notes')}</presentation:notes>"
    )  # fmt: skip
    hidden = '<draw:page draw:style-name="H">' + frame("draft", "1cm") + "</draw:page>"
    document = loaded(
        "presentation",
        f"<draw:page>{first}</draw:page>{hidden}<draw:page/><draw:page>{frame('end', '1cm')}"
        "</draw:page>",
        '<style:style style:name="H"><style:drawing-page-properties '
        'presentation:visibility="hidden"/></style:style>',
        "odp",
    )
    assert document.title == "Hours"
    assert document.text.split("\n\n") == [
        "# Hours", "left", "right", "below", "## Notes", "Say it.", "# Slide 3", "# Slide 4", "end",
    ]  # fmt: skip
    assert document.warnings == (
        "Hidden, left out: slide 2.", "Without text, perhaps pictures: slide 3.",
    )  # fmt: skip
    source = source_of(document, "the_pool.odp")
    at = source.text.index("end")
    assert told_place(source, Span(start=at, end=at + 3)) == "slide 4"


@pytest.mark.parametrize(
    ("ending", "kind"), [("odt", "text"), ("ods", "spreadsheet"), ("odp", "presentation")]
)
def test_files_without_words_locked_and_foreign_ones_are_refused(ending: str, kind: str) -> None:
    with pytest.raises(LoadError, match=r"no text|show nothing"):
        loaded(kind, "", "", ending)
    for parts, reason in (
        ({"META-INF/manifest.xml": "<encryption-data/>"}, "password"), ({}, "no office document"),
    ):  # fmt: skip
        with pytest.raises(LoadError, match=reason):
            load_bytes(zipped(parts), name=f"a.{ending}")


def test_numbers_that_are_none_do_no_harm() -> None:
    odd = "<text:h text:outline-level='²'>A<text:s text:c='²'/>b</text:h>"
    assert loaded("text", odd).text == "# A b"
