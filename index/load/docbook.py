"""What the elements of DocBook mean, versions 4 and 5."""

from __future__ import annotations

from typing import Any

from index.load.marked_up_elements import ElementWriter, Vocabulary

NAMESPACE = "http://docbook.org/ns/docbook"
MIME = "application/docbook+xml"

# fmt: off
SECTIONS = frozenset({
    "acknowledgements", "appendix", "article", "bibliodiv", "bibliography", "book", "chapter",
    "colophon", "dedication", "glossary", "glossdiv", "part", "partintro", "preface", "qandadiv",
    "qandaset", "refentry", "reference", "refsect1", "refsect2", "refsect3", "refsection",
    "refsynopsisdiv", "sect1", "sect2", "sect3", "sect4", "sect5", "section", "set", "simplesect",
    "task", "topic",
})
_ABOUT = frozenset({
    "info", "appendixinfo", "articleinfo", "bibliographyinfo", "bookinfo", "chapterinfo",
    "glossaryinfo", "partinfo", "prefaceinfo", "refentryinfo", "referenceinfo", "refsect1info",
    "refsect2info", "refsect3info", "refsynopsisdivinfo", "sect1info", "sect2info", "sect3info",
    "sect4info", "sect5info", "sectioninfo", "setinfo", "blockinfo", "objectinfo",
})
_SILENT = frozenset({
    "alt", "anchor", "area", "areaset", "areaspec", "audioobject", "beginpage", "co", "colspec",
    "comment", "coref", "footnoteref", "imageobject", "imageobjectco", "index", "indexterm", "lot",
    "refmeta", "remark", "spanspec", "titleabbrev", "toc", "videoobject", "graphic",
    "inlinegraphic",
})
_BLOCKS = (
    "abstract", "annotation", "answer", "bibliolist", "calloutlist", "caption", "constraintdef",
    "epigraph", "equation", "example", "figure", "formalpara", "informalequation",
    "informalexample", "informalfigure", "mediaobject", "msg", "msgset", "procedurestep",
    "screenshot", "sidebar", "tasksummary", "taskprerequisites", "taskrelated", "textobject",
    "legalnotice", "stepalternatives",
)
_PARAGRAPHS = (
    "para", "simpara", "subtitle", "attribution", "biblioentry", "bibliomixed", "bibliomset",
    "biblioset", "refclass",
)
_NOTES = {
    name: name.capitalize() for name in ("caution", "danger", "important", "note", "tip", "warning")
}
_CODE = frozenset({
    "address", "classsynopsis", "constructorsynopsis", "destructorsynopsis", "fieldsynopsis",
    "literallayout", "methodsynopsis", "programlisting", "screen", "synopsis", "funcsynopsisinfo",
    "classsynopsisinfo",
})
# fmt: on

_RENAMED = {
    **dict.fromkeys(_BLOCKS, "div"),
    **dict.fromkeys(_PARAGRAPHS, "p"),
    "blockquote": "blockquote",
    "itemizedlist": "ul",
    "calloutlist": "ul",
    "orderedlist": "ol",
    "procedure": "ol",
    "substeps": "ol",
    "stepalternatives": "ul",
    "listitem": "li",
    "member": "li",
    "step": "li",
    "callout": "li",
    "variablelist": "dl",
    "glosslist": "dl",
    "varlistentry": "div",
    "term": "dt",
    "glossterm": "span",
    "glossdef": "dd",
    # Tables as HTML has them.
    **{name: name for name in ("thead", "tbody", "tfoot", "tr", "td", "th")},
}


def _about(writer: ElementWriter, element: Any, level: int) -> None:
    """Write what is told of a section that is text of it: its title and what sums it up."""
    parent = element.getparent()
    titled = parent is not None and any(each.tag == "title" for each in parent)
    for child in element:
        if child.tag in ("subtitle", "abstract") or (child.tag == "title" and not titled):
            writer.write(child, level)


def _entry_of_manual(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a page of a manual under its name."""
    name = next(element.iter("refentrytitle", "refname"), None)
    volume = next(element.iter("manvolnum"), None)
    level += 1
    writer.start("section")
    if name is not None:
        told = writer.words(name) + (f"({writer.words(volume)})" if volume is not None else "")
        writer.block(f"h{min(level, 6)}", told)
    writer.children(element, level)
    writer.end("section")


def _names(writer: ElementWriter, element: Any, level: int) -> None:
    """Write what a manual's page is about on one line."""
    names = ", ".join(writer.words(each) for each in element if each.tag == "refname")
    purposes = [writer.words(each) for each in element if each.tag == "refpurpose"]
    writer.block("p", " — ".join(part for part in (names, *purposes) if part))


def _page_of_manual(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a reference to a page of a manual: `passwd(5)`."""
    parts = {each.tag: writer.words(each) for each in element}
    volume = f"({parts['manvolnum']})" if parts.get("manvolnum") else ""
    writer.data(parts.get("refentrytitle", "") + volume)


def _simple_list(writer: ElementWriter, element: Any, level: int) -> None:
    if element.get("type") == "inline":
        writer.data(", ".join(writer.words(each) for each in element))
    else:
        writer.wrapped("ul", element, level)


def _glossary_entry(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a term with what it means, as a list of its own outside of one."""
    is_alone = element.getparent() is None or element.getparent().tag != "glosslist"
    if is_alone:
        writer.start("dl")
    writer.start("div")
    for child in element:
        if child.tag == "glossterm":
            writer.wrapped("dt", child, level)
        elif child.tag == "glossdef":
            writer.wrapped("dd", child, level)
        elif child.tag in ("glosssee", "glossseealso"):
            writer.block("dd", f"see {writer.words(child) or child.get('otherterm', '')}")
    writer.end("div")
    if is_alone:
        writer.end("dl")


def _question(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a question as the heading of its answer."""
    writer.block(f"h{min(level + 1, 6)}", writer.words(element))


def _cross_reference(writer: ElementWriter, element: Any, level: int) -> None:
    writer.reference(element, element.get("linkend") or element.get("href", "").lstrip("#"))


def _link(writer: ElementWriter, element: Any, level: int) -> None:
    """Write what a link says, or where it leads if it says nothing."""
    if len(element) or (element.text or "").strip():
        writer.children(element, level)
    else:
        writer.reference(
            element, element.get("linkend") or element.get("url") or element.get("href")
        )


def _footnote(writer: ElementWriter, element: Any, level: int) -> None:
    """Write a footnote where its mark stands."""
    writer.data(f" ({words})" if (words := writer.words(element)) else "")


def _joined(sign: str) -> Any:
    def write(writer: ElementWriter, element: Any, level: int) -> None:
        writer.data(sign.join(filter(None, (writer.words(each) for each in element))))

    return write


def _quote(writer: ElementWriter, element: Any, level: int) -> None:
    writer.data("“")
    writer.children(element, level)
    writer.data("”")


def _command(writer: ElementWriter, element: Any, level: int) -> None:
    """Write how a command is called on one line."""
    writer.block("pre", " ".join(_synopsis(element).split()))


def _synopsis(element: Any) -> str:
    """Return what an element of a command's synopsis says, in its brackets."""
    inside = [_synopsis(child) for child in element]
    if element.tag == "group":
        said = " | ".join(part for each in inside if (part := each.strip()))
    else:
        tails = (child.tail or "" for child in element)
        said = (element.text or "") + "".join(map("".join, zip(inside, tails, strict=True)))
    if element.tag not in ("arg", "group"):
        return said
    said = said.strip() + ("..." if element.get("rep") == "repeat" else "")
    signs = {"plain": "{}", "req": "{{{}}}"}.get(element.get("choice", "opt"), "[{}]")
    return f" {signs.format(said)} "


def _function(writer: ElementWriter, element: Any, level: int) -> None:
    """Write how a function is declared on one line."""
    defined = " ".join(writer.words(each) for each in element if each.tag == "funcdef")
    taken = [writer.words(each) for each in element if each.tag == "paramdef"]
    taken += [each.tag for each in element if each.tag in ("void", "varargs")]
    writer.block("pre", f"{defined}({', '.join(taken)})")


def _included(writer: ElementWriter, element: Any, level: int) -> None:
    writer.included.setdefault(element.get("href") or "")


DOCBOOK = Vocabulary(
    sections=SECTIONS,
    silent=_SILENT,
    renamed={**_RENAMED, "table": "div", "informaltable": "div"},
    code=_CODE,
    notes=_NOTES,
    titles=("title",),
    about=_ABOUT,
    rules={
        **dict.fromkeys(_ABOUT, _about),
        "refentry": _entry_of_manual,
        "refnamediv": _names,
        "citerefentry": _page_of_manual,
        "simplelist": _simple_list,
        "glossentry": _glossary_entry,
        "question": _question,
        "xref": _cross_reference,
        "link": _link,
        "ulink": _link,
        "footnote": _footnote,
        "keycombo": _joined("+"),
        "menuchoice": _joined(" > "),
        "quote": _quote,
        "cmdsynopsis": _command,
        "funcprototype": _function,
        "include": _included,
    },
    apart=_ABOUT
    | {"cmdsynopsis", "funcprototype", "glossentry", "question", "refentry", "refnamediv"},
)
