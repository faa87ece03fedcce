"""What the elements of DITA mean: topics of every kind, and maps, which put them in order."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from index.load.marked_up_elements import ElementWriter, Rule, Vocabulary

MIME = "application/dita+xml"
BODIES = ("<body", "<conbody", "<taskbody", "<refbody", "<troublebody", "<glossdef", "<shortdesc")
"""What begins what a topic says, in a file that names no DTD."""

# fmt: off
TOPICS = frozenset({
    "concept", "dita", "glossentry", "glossgroup", "reference", "task", "topic",
    "troubleshooting",
})
MAPS = frozenset({"bookmap", "map"})
_SECTIONS = TOPICS | {
    "cause", "condition", "example", "refsyn", "remedy", "section", "steps-informal",
    "troubleSolution", "sectiondiv",
}
_SILENT = frozenset({
    "alt", "area", "colspec", "data", "data-about", "desc", "dlhead", "draft-comment", "foreign",
    "indexterm", "indextermref", "metadata", "no-topic-nesting", "object", "prolog", "reltable",
    "related-links", "required-cleanup", "searchtitle", "titlealts", "unknown", "glossBody",
    "topicmeta", "keydef", "ditavalref", "bookmeta", "ux-window",
})
_BLOCKS = (
    "abstract", "bodydiv", "body", "conbody", "conbodydiv", "context", "div", "fig", "figgroup",
    "glossdef", "imagemap", "info", "itemgroup", "linkpool", "postreq", "prereq", "refbody",
    "refbodydiv", "responsibleParty", "result", "stepresult", "steptroubleshooting", "stepxmp",
    "taskbody", "tasktroubleshooting", "troublebody", "tutorialinfo", "steps-informal",
)
_CODE = frozenset({"codeblock", "lines", "msgblock", "pre", "screen"})
# fmt: on

_RENAMED = {
    **dict.fromkeys(_BLOCKS, "div"),
    **dict.fromkeys(("p", "shortdesc", "cmd"), "p"),
    **dict.fromkeys(("ul", "choices", "steps-unordered", "sl"), "ul"),
    **dict.fromkeys(("ol", "steps", "substeps"), "ol"),
    **dict.fromkeys(("li", "sli", "choice", "step", "substep", "stepsection"), "li"),
    **dict.fromkeys(("dl", "parml"), "dl"),
    **dict.fromkeys(("dlentry", "plentry"), "div"),
    **dict.fromkeys(("dt", "pt"), "dt"),
    **dict.fromkeys(("dd", "pd"), "dd"),
    "lq": "blockquote",
    "table": "div",
    **dict.fromkeys(("simpletable", "choicetable"), "table"),
    **dict.fromkeys(("sthead", "strow", "chhead", "chrow"), "tr"),
    **dict.fromkeys(("stentry", "choption", "chdesc"), "td"),
    **dict.fromkeys(("choptionhd", "chdeschd"), "th"),
}

_KINDS = ("proptype", "propvalue", "propdesc")


def _note(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a note under the name of its kind."""
    kind = element.get("type") or "note"
    name = element.get("othertype") if kind == "other" else kind
    writer.note(element, level, (name or "note").capitalize())


def _properties(writer: ElementWriter, element: Any, level: int) -> None:
    """Write properties as a table of the columns that any of them has."""
    used = {each.tag.removesuffix("hd") for row in element for each in row}
    columns = [kind for kind in _KINDS if kind in used]
    writer.start("table")
    for row in element:
        held = {each.tag.removesuffix("hd"): each for each in row}
        cell = "th" if row.tag == "prophead" else "td"
        writer.start_row(row)
        for kind in columns:
            writer.start(cell)
            if kind in held:
                writer.children(held[kind], level)
            writer.end(cell)
        writer.end("tr")
    writer.end("table")


def _header(writer: ElementWriter, element: Any, level: int) -> None:
    """Write the row that names the columns of a simple table."""
    writer.start_row(element)
    for entry in element:
        writer.wrapped("th", entry, level)
    writer.end("tr")


def _footnote(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a footnote where its mark stands."""
    writer.data(f" ({words})" if (words := writer.words(element)) else "")


def _link(writer: ElementWriter, element: Any, level: int) -> None:
    """Write what a link says, else the title of what it leads to in this file, else that."""
    if writer.words(element):
        writer.children(element, level)
    elif href := element.get("href"):
        target = href.rpartition("#")[2].rpartition("/")[2] if "#" in href else href
        writer.reference(element, target if target in writer.targets else href)
    else:
        _filled(writer, element, level)


def _filled(writer: ElementWriter, element: Any, level: int) -> None:
    """Write an element of running words, or the key by which they are found elsewhere."""
    if writer.words(element):
        writer.wrapped("span", element, level)
    elif key := element.get("keyref") or element.get("conkeyref") or element.get("conref"):
        writer.unfilled += 1
        writer.data(f"[{key.rpartition('/')[2]}]")


def _image(writer: ElementWriter, element: Any, level: int) -> None:
    """Write what stands for a picture in words."""
    told = next((writer.words(each) for each in element if each.tag == "alt"), "")
    writer.data(told or element.get("alt", ""))


def _diagram(writer: ElementWriter, element: Any, level: int) -> None:
    """Write how something is called, a line for each of its forms."""
    forms = (" ".join(_syntax(each).split()) for each in element if each.tag not in _SILENT)
    writer.block("pre", "\n".join(filter(None, forms)))


def _syntax(element: Any) -> str:
    inside = [_syntax(each) for each in element if each.tag not in (*_SILENT, "title")]
    if element.tag == "groupchoice":
        said = " | ".join(part.strip() for part in inside if part.strip())
    else:
        said = f"{element.text or ''} {' '.join(inside)}"
    return f" [{' '.join(said.split())}] " if element.get("importance") == "optional" else said


def _menu(writer: ElementWriter, element: Any, level: int) -> None:
    writer.data(" > ".join(filter(None, (writer.words(each) for each in element))))


def _quote(writer: ElementWriter, element: Any, level: int) -> None:
    writer.data("“")
    writer.children(element, level)
    writer.data("”")


def _map(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a map as the order of its topics, by their titles or the names of their files."""
    title = next((each for each in element if each.tag in ("title", "booktitle")), None)
    main = None if title is None else next(title.iter("mainbooktitle"), title)
    told = element.get("title", "") if main is None else writer.words(main)
    writer.block("h1", told)
    _references(writer, element)


def _references(writer: ElementWriter, element: Any) -> None:
    """Write the topics that an element of a map refers to as a list."""
    writer.start("ul")
    for child in _topics(element):
        told = _topic_name(writer, child)
        if told:
            writer.start("li")
            writer.start("p")
            writer.data(told)
            writer.end("p")
        if len(child):
            _references(writer, child)
        if told:
            writer.end("li")
    writer.end("ul")


def _topics(element: Any) -> Iterator[Any]:
    for child in element:
        is_own = child.get("processing-role") != "resource-only"
        if is_own and child.tag not in (*_SILENT, "title", "booktitle"):
            yield child


def _topic_name(writer: ElementWriter, element: Any) -> str:
    titles = (each for meta in element if meta.tag == "topicmeta" for each in meta)
    stated = next((writer.words(each) for each in titles if each.tag == "navtitle"), "")
    name = stated or element.get("navtitle") or ""
    path = PurePosixPath((element.get("href") or "").partition("#")[0])
    return name or path.stem.replace("_", " ").replace("-", " ")


_RUNNING = ("ph", "keyword", "term", "cite", "varname", "text", "tm", "abbreviated-form")
_RULES: dict[str, Rule] = {
    "note": _note,
    "hazardstatement": _note,
    "properties": _properties,
    "sthead": _header,
    "chhead": _header,
    "fn": _footnote,
    "xref": _link,
    "link": _link,
    **dict.fromkeys(_RUNNING, _filled),
    "image": _image,
    "syntaxdiagram": _diagram,
    "menucascade": _menu,
    "q": _quote,
    **dict.fromkeys(MAPS, _map),
}

DITA = Vocabulary(
    sections=frozenset(_SECTIONS),
    silent=_SILENT,
    renamed=_RENAMED,
    code=_CODE,
    notes={},
    titles=("title", "glossterm"),
    about=frozenset(),
    rules=_RULES,
    apart=MAPS | {"note", "hazardstatement", "syntaxdiagram"},
)
