"""DocBook and DITA are read as their readers see them, and nothing is fetched or unfolded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot.answering.citations import cite
from bot.cli.answer_screen import answer_screen
from bot.cli.source_screens import source_screen
from bot.cli.terminal_text import Style
from bot.discord_bot.text.quotes import readable_quote
from bot.schema import Answer, AnswerPart
from index.chunk.chunker import chunk
from index.config import ChunkConfig
from index.load.loaders import load_bytes
from index.schema import LoadedDocument, Span
from index.text.place_names import fragment_span, place_fragment, told_place
from tests.doubles.growth import grows_in_step
from tests.doubles.loaded_sources import source_of

DOCBOOK = """<?xml version="1.0" encoding="iso-8859-1"?>
<!DOCTYPE book PUBLIC "-//OASIS//DTD DocBook XML V4.5//EN" "http://127.0.0.1:1/docbookx.dtd" [
  <!ENTITY product "Harbour <emphasis>Pilot</emphasis>"> <!ENTITY gdp "&product; 3">
  <!ENTITY more SYSTEM "more.xml"> <!ENTITY % local SYSTEM "local.ent"> %local;
  <!ENTITY year "2026">
]>
<book id="top"><bookinfo><title>The &product; handbook</title><author><firstname>Ada</firstname>
</author><abstract><para>What pilots need.</para></abstract></bookinfo>
<chapter id="tugs"><title>Tugs<indexterm><primary>tug</primary></indexterm></title>
<para>In &year;, &gdp; costs 5&nbsp;&euro; &mdash; in M\xfcnchen&footer; too.<footnote><para>Net
of tax.</para></footnote> See <xref linkend="rules"/>, <xref linkend="elsewhere"/> and
<citerefentry><refentrytitle>tug</refentrytitle><manvolnum>5</manvolnum></citerefentry>.</para>
<remark>Nobody reads this.</remark>
<section id="rules"><info><title>Rules of the port</title></info>
<procedure><step><para>Press <keycombo><keycap>Ctrl</keycap><keycap>C</keycap></keycombo>.</para>
</step><step><para>Wait.</para><substeps><step><para>Longer.</para></step></substeps></step>
</procedure>
<itemizedlist><title>Signals</title><listitem><para>One blast</para></listitem>
<listitem><para>
  Two blasts</para></listitem></itemizedlist>
<variablelist><varlistentry><term>ETA</term><listitem><para>When a ship comes.</para></listitem>
</varlistentry></variablelist>
<warning><para>Keep off the quay.</para><para>Always.</para></warning>
<table><title>Fees</title><tgroup cols="3"><colspec colname="a"/><colspec colname="b"/>
<colspec colname="c"/><thead><row><entry>Ship</entry><entry>Day</entry><entry>Night</entry></row>
</thead><tbody><row><entry morerows="1">Barge</entry><entry>10</entry><entry>20</entry></row>
<row><entry namest="b" nameend="c"><para>free on Sundays</para></entry></row></tbody></tgroup>
</table>
<programlisting>if tide &lt; 2:<co id="c1"/>
    wait()
</programlisting>
<cmdsynopsis><command>tug</command><arg>-v</arg><group choice="req"><arg choice="plain">a</arg>
<arg choice="plain">b</arg></group><arg rep="repeat" choice="plain">FILE</arg></cmdsynopsis>
</section></chapter>
&more;
<qandaset><qandaentry><question><para>May I swim?</para></question><answer><para>No.</para>
</answer></qandaentry></qandaset></book>""".encode("latin-1")

READ_DOCBOOK = """# The Harbour Pilot handbook

What pilots need.

## Tugs

In 2026, Harbour Pilot 3 costs 5\u00a0€ — in München[footer] too. (Net of tax.) See “Rules of \
the port”, elsewhere and tug(5).

### Rules of the port

1. Press Ctrl+C.
2. Wait.
   1. Longer.

Signals

- One blast
- Two blasts

- ETA: When a ship comes.

Warning: Keep off the quay.

Always.

Fees

| Ship | Day | Night |
| --- | --- | --- |
| Barge | 10 | 20 |
| Barge | free on Sundays |  |

```
if tide < 2:
    wait()
```

```
tug [-v] {a | b} FILE...
```

[more]

## May I swim?

No."""

TASK = b"""<?xml version="1.0"?>
<!DOCTYPE task PUBLIC "-//OASIS//DTD DITA Task//EN" "task.dtd">
<task id="moor"><title>Mooring a <ph keyref="kind"/> barge</title><shortdesc>Two lines hold
it.</shortdesc><prolog><critdates><revised modified="2025-04-01"/></critdates></prolog>
<taskbody><prereq>You need <xref href="#moor/gear"/>.</prereq>
<steps><step><cmd>Throw the line.</cmd><info>It is wet.</info></step><step><cmd>Choose:</cmd>
<choices><choice>bow</choice><choice>stern</choice></choices></step></steps>
<result>It lies <q>fast</q>.</result>
<example id="gear"><title>Gear</title><note type="tip">Wear gloves.</note>
<simpletable><sthead><stentry>Line</stentry><stentry>Metres</stentry></sthead><strow><stentry>bow
</stentry><stentry>20</stentry></strow></simpletable>
<properties><property><propvalue>red</propvalue><propdesc>port</propdesc></property><property>
<propdesc>none</propdesc></property></properties>
<dl><dlentry><dt>Bollard</dt><dd>A post.</dd></dlentry></dl><codeblock>tie &amp;
  hold</codeblock><draft-comment>Nobody reads this.</draft-comment></example></taskbody></task>"""

READ_TASK = """# Mooring a [kind] barge

Two lines hold it.

You need “Gear”.

1. Throw the line.

   It is wet.
2. Choose:
   - bow
   - stern

It lies “fast”.

## Gear

Tip: Wear gloves.

| Line | Metres |
| --- | --- |
| bow | 20 |

|  |  |
| --- | --- |
| red | port |
|  | none |

- Bollard: A post.

```
tie &
  hold
```"""


def read(data: bytes | str, name: str = "a.xml") -> LoadedDocument:
    loaded = load_bytes(data if isinstance(data, bytes) else data.encode(), name=name)
    for passage in chunk(source_of(loaded, name), ChunkConfig()):
        assert passage.text == loaded.text[passage.start : passage.end]
    return loaded


def test_a_book_is_read_as_its_readers_see_it() -> None:
    loaded = read(DOCBOOK, "book.xml")
    assert loaded.text == READ_DOCBOOK
    assert (loaded.title, loaded.mime) == ("The Harbour Pilot handbook", "application/docbook+xml")
    assert loaded.warnings == (
        "It includes other files, which are not read with it: more.xml.",
        "Other files say what these entities mean: footer.",
    )
    told = source_of(loaded, "book.xml")
    for words, line in (("2. Wait.", 16), ("```\nif tide", 29), ("### Rules", 14), ("No.", 36)):
        at = loaded.text.index(words)
        span = Span(start=at, end=at + len(words))
        assert told_place(told, span) == f"line {line}"
        shown = fragment_span(told, place_fragment(told, span))
        assert shown is not None
        assert words in shown.of(loaded.text)
    headings = {p.heading[-1] for p in chunk(source_of(loaded, "book.xml"), ChunkConfig())}
    assert {"Rules of the port", "May I swim?"} <= headings


def test_a_quote_reads_the_same_whatever_the_file_is_called() -> None:
    screens = set()
    for name in ("a.xml", "a.dbk"):
        source = source_of(read(DOCBOOK, name), "book")
        at, end = source.text.index("### Rules"), source.text.index("Signals")
        cited = cite(source.model_copy(update={"uri": name}), at, end, marker=1)
        said = readable_quote(cited, styled=True).text
        answer = Answer(
            id="a1",
            status="answered",
            parts=(AnswerPart(markers=(1,), role="item"),),
            citations=(cited,),
            confidence=0.9,
            question="why",
            standalone_question="why",
        )
        shown = answer_screen(answer, Style()).replace(name, "book")
        assert "```" not in shown + said
        screens.add((said, shown))
    assert len(screens) == 1


def test_a_row_is_cited_at_its_own_line() -> None:
    rows = "".join(f"<row><entry>{name}</entry><entry>1</entry></row>\n" for name in "ABC")
    head = "<thead>\n<row><entry>Name</entry><entry>Height</entry></row></thead>"
    told = source_of(
        read(
            f"<chapter><title>Masts</title>\n<para>All\nof them</para><informaltable>\n"
            f"<tgroup cols='2'>{head}<tbody><row><entry morerows='1'>Z</entry><entry>2</entry>"
            f"</row>\n<row><entry>3</entry></row>\n{rows}</tbody></tgroup></informaltable>"
            "<para>End</para></chapter>"
        ),
        "a.xml",
    )
    for words, line in (
        ("| Name | Height |", 5), ("| Z | 2 |", 5), ("| Z | 3 |", 6), ("| A | 1 |", 7),
        ("| C | 1 |", 9), ("End", 10),
    ):  # fmt: skip
        at = told.text.index(words)
        span = Span(start=at, end=at + len(words))
        assert told_place(told, span) == f"line {line}"
        shown = fragment_span(told, f"line={line}")
        assert shown is not None
        assert words in shown.of(told.text)
    inside = fragment_span(told, "line=3")
    assert inside is not None
    assert inside.of(told.text) == "All of them"
    assert fragment_span(told, "line=11") is None
    screen = source_screen(told, fragment_span(told, "line=7"), Style())
    assert screen.startswith("Masts (a.xml, line 7 of the file)\n")
    topic = source_of(read(TASK, "a.dita"), "a.dita")
    for words, line in (("| bow", 10), ("| red", 12), ("|  | none", 12)):
        at = topic.text.index(words)
        assert told_place(topic, Span(start=at, end=at + 5)) == f"line {line}"


def test_a_topic_is_read_as_its_readers_see_it() -> None:
    loaded = read(TASK, "mooring.dita")
    assert loaded.text == READ_TASK
    assert (loaded.title, loaded.mime) == ("Mooring a [kind] barge", "application/dita+xml")
    assert loaded.modified is not None
    assert loaded.modified.year == 2025
    assert loaded.warnings == (
        "Words that it takes from other files by a key are given as [the key].",
    )


def test_a_page_of_a_manual_a_map_and_a_file_of_version_5() -> None:
    manual = read(
        "<!DOCTYPE refentry PUBLIC '-//OASIS//DTD DocBook' ''><refentry><refmeta><refentrytitle>tug"
        "</refentrytitle><manvolnum>8</manvolnum></refmeta><refnamediv><refname>tug</refname>"
        "<refname>tow</refname><refpurpose>pull a ship</refpurpose></refnamediv><refsect1><title>"
        "FILES</title><para>None.</para></refsect1></refentry>"
    )
    assert manual.text == "# tug(8)\n\ntug, tow — pull a ship\n\n## FILES\n\nNone."
    order = read(
        "<map><title>Port</title><topicref href='docs/first-steps.dita'><topicref navtitle='Tugs'/>"
        "</topicref><topicref href='x.dita' processing-role='resource-only'/></map>",
        "port.ditamap",
    )
    assert order.text == "# Port\n\n- first steps\n  - Tugs"
    new = read(
        '<d:article xmlns:d="http://docbook.org/ns/docbook" xmlns:x="http://www.w3.org/1999/xlink">'
        '<d:title>New</d:title><d:para><d:link x:href="https://e.org/a"/> and <d:link x:href="b">b'
        "</d:link>.</d:para></d:article>"
    )
    assert (new.title, new.text) == ("New", "# New\n\nhttps://e.org/a and b.")


@pytest.mark.parametrize(
    ("text", "mime"),
    [
        ("<book><title>Sea</title><price>3</price></book>", "application/xml"),
        ("<chapter><title>Sea</title><para>Wet.</para></chapter>", "application/docbook+xml"),
        ("<topic><title>Sea</title><body><p>Wet.</p></body></topic>", "application/dita+xml"),
        ('<book xmlns="http://shop.example"><para>Wet.</para></book>', "application/xml"),
        ("<!DOCTYPE book SYSTEM 'shop.dtd'><book><para>Wet.</para></book>", "application/xml"),
        ("<project><target name='a'/></project>", "application/xml"),
    ],
)
def test_only_what_is_docbook_or_dita_is_read_as_such(text: str, mime: str) -> None:
    assert read(text).mime == mime


def test_what_is_damaged_or_would_unfold_is_read_as_data() -> None:
    damaged = read("<chapter><title>Sea</title><para>Wet.</chapter>")
    assert (damaged.mime, damaged.text[:9]) == ("application/xml", "<chapter>")
    assert "because its markup is not well formed (mismatched tag: line 1" in damaged.warnings[0]
    begin = "<!DOCTYPE chapter PUBLIC 'DocBook' '' ["
    laughs = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 50}">' for n in range(1, 9))
    many = f'{begin}<!ENTITY a0 "{"lol " * 400}">{laughs}]><chapter><para>{"&a8;" * 50}</para>'
    assert "unfold into more than it holds" in read(f"{many}</chapter>").warnings[0]
    loop = f'{begin}<!ENTITY a "x&b;"><!ENTITY b "y&a;">]><chapter><para>&a;</para></chapter>'
    few = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 6))
    bomb = f'{begin}<!ENTITY a0 "{"a" * 20}">{few}]><chapter><para>&a5;</para></chapter>'
    for hostile in (loop, bomb):
        loaded = read(hostile)
        assert (loaded.mime, loaded.text) == ("application/xml", hostile)
        assert "unfold into more than it holds" in loaded.warnings[0]


def test_an_entity_is_what_the_file_says_or_its_name() -> None:
    begin = "<!DOCTYPE chapter PUBLIC 'DocBook' '' ["
    steps = "".join(f'<!ENTITY a{n} "{n} &a{n - 1};">' for n in range(1, 7))
    long = "word " * 1000
    loaded = read(
        f'{begin}<!ENTITY a0 "&#8212; <b>&lt;i&gt;</b>">{steps}<!ENTITY long "{long}">'
        '<!ENTITY p SYSTEM "file:///etc/passwd">]><chapter><para>Hall &p; &other; &a6;</para>'
        "<para>&long;</para></chapter>"
    )
    assert loaded.text == f"Hall [p] [other] 6 5 4 3 2 1 — <i>\n\n{long.strip()}"
    assert loaded.warnings == (
        "It includes other files, which are not read with it: file:///etc/passwd.",
        "Other files say what these entities mean: other.",
    )


# fmt: off
HOSTILE: dict[str, Callable[[int], str]] = {
    "sections": lambda n: "<section><title>a</title>" * (n // 40) + "</section>" * (n // 40),
    "lists": lambda n: "<itemizedlist><listitem>" * (n // 50) + "</listitem></itemizedlist>"
                       * (n // 50),
    "runs": lambda n: "<emphasis>a" * (n // 25) + "</emphasis>" * (n // 25),
    "paragraphs": lambda n: "<para>a</para>" * (n // 15),
    "notes": lambda n: "<note>" * (n // 15) + "a" + "</note>" * (n // 15),
    "references": lambda n: "<anchor id='a'/><xref linkend='a'/>" * (n // 35),
    "ids": lambda n: "<section id='a'><title>b</title></section>" * (n // 43),
    "index": lambda n: "a<indexterm/>" * (n // 13),
    "entities": lambda n: "&a;&b;&nbsp;" * (n // 12),
    "terms": lambda n: f"<variablelist><varlistentry>{'<term>a</term>' * (n // 14)}"
                       "</varlistentry></variablelist>",
    "wide cells": lambda n: "<table><tgroup>" + "<colspec colname='a'/>" * (n // 60)
                  + "<tbody>" + "<row><entry namest='a' nameend='a' morerows='9'/></row>"
                  * (n // 100) + "</tbody></tgroup></table>",
    "tables": lambda n: "<informaltable><tgroup><tbody><row><entry>" * (n // 90)
              + "</entry></row></tbody></tgroup></informaltable>" * (n // 90),
    "footnotes": lambda n: "<footnote><para>" * (n // 35) + "</para></footnote>" * (n // 35),
    "code": lambda n: "<screen>" * (n // 20) + "a\n" + "</screen>" * (n // 20),
    "groups": lambda n: "<cmdsynopsis>" + "<group><arg>" * (n // 30) + "</arg></group>" * (n // 30)
              + "</cmdsynopsis>",
    "includes": lambda n: "<include href='a'/>" * (n // 20),
    "attributes": lambda n: "<para " + " ".join(f"a{k:012}='b'" for k in range(n // 20)) + "/>",
}
# fmt: on
BEGIN = (
    "<!DOCTYPE chapter PUBLIC 'DocBook' '' [<!ENTITY a 'bc'>]>"
    "<chapter><title>A</title><para>a</para>"
)


@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_as_long_as_the_document_is(name: str) -> None:
    grows_in_step(read, lambda size: f"{BEGIN}{HOSTILE[name](size)}</chapter>", 20_000)


def test_entities_take_as_long_as_they_are() -> None:
    def declared(size: int) -> str:
        count = size // 45
        nested = "".join(
            f'<!ENTITY a{n} "x&{"b" if n % 9 == 0 else f"a{n - n % 9}"};">' for n in range(1, count)
        )
        used = "".join(f"&a{n};" for n in range(1, count))
        begin = f"<!DOCTYPE chapter PUBLIC 'DocBook' '' [<!ENTITY a0 'y'><!ENTITY b 'z'>{nested}]>"
        return f"{begin}<chapter><title>A</title><para>{used}</para></chapter>"

    grows_in_step(read, declared, 20_000)


@pytest.mark.long
@pytest.mark.limit(900)
@pytest.mark.parametrize("name", HOSTILE)
def test_reading_takes_as_long_as_a_long_document_is(name: str) -> None:
    grows_in_step(read, lambda size: f"{BEGIN}{HOSTILE[name](size)}</chapter>", 400_000)
