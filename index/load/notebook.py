"""Jupyter notebooks: text as Markdown, code between fences, and what it printed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from index.errors import LoadError
from index.load.decode import canonical
from index.load.markup_lines import FENCE
from index.load.titles import title_from_heading, title_from_name
from index.schema import LoadedDocument, Place
from index.text.invisible_characters import invisible_warnings

_Json: TypeAlias = Any

_PRINTED = 1_000
"""Characters of what one cell printed that are read."""

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PICTURE = re.compile(r"!\[[^\[\]\n]{0,200}\]\((?:data|attachment):[^()\s]*+\)")
_DAMAGED = "It is no Jupyter notebook, or it is damaged; open and save it once more."


def load_notebook(data: bytes, name: str, *, charset: str | None = None) -> LoadedDocument:
    """Read a notebook of any version; its places are its cells, counted from 1."""
    try:
        notebook = json.loads(data.decode(charset or "utf-8-sig"))
    except (ValueError, LookupError, RecursionError) as error:
        raise LoadError(name, _DAMAGED) from error
    cells = _cells(notebook)
    if cells is None:
        raise LoadError(name, _DAMAGED)
    texts: list[str] = []
    places: list[Place] = []
    size = 0
    language = _language(notebook)
    for number, cell in enumerate(cells, start=1):
        text = canonical("\n\n".join(_parts(cell, language))).strip("\n")
        if text.strip():
            places.append(Place(start=size, label="cell", number=number, fragment="cell="))
            texts.append(text + "\n\n")
            size += len(texts[-1])
    text = "".join(texts)
    if not text:
        raise LoadError(name, "The notebook holds no text and no code.")
    return LoadedDocument(
        text=text,
        title=title_from_heading(text) or title_from_name(name),
        mime="application/x-ipynb+json",
        places=tuple(places),
        warnings=invisible_warnings(text),
    )


def _cells(notebook: _Json) -> list[_Json] | None:
    """Return the cells of a notebook; of an old one, those of its worksheets."""
    if not isinstance(notebook, dict):
        return None
    sheets = notebook.get("worksheets")
    held = notebook.get("cells")
    if held is None and isinstance(sheets, list):
        held = [
            cell for sheet in sheets if isinstance(sheet, dict) for cell in _list(sheet, "cells")
        ]
    return [cell for cell in held if isinstance(cell, dict)] if isinstance(held, list) else None


def _language(notebook: dict[str, _Json]) -> str:
    about = notebook.get("metadata")
    told = about.get("language_info") if isinstance(about, dict) else None
    name = told.get("name") if isinstance(told, dict) else None
    return name if isinstance(name, str) and re.fullmatch(r"[\w+#-]{1,20}", name) else ""


def _parts(cell: dict[str, _Json], language: str) -> Iterator[str]:
    """Yield what a cell says and what it printed, each as Markdown."""
    source = _joined(cell.get("source", cell.get("input")))
    kind = cell.get("cell_type")
    if kind == "code":
        if source.strip():
            yield _fenced(source, language)
        printed = "\n".join(filter(None, map(_printed, _list(cell, "outputs")))).strip("\n")
        if printed.strip():
            yield _fenced(_shortened(printed), "")
    elif kind == "heading":
        level = cell.get("level")
        yield "#" * (level if isinstance(level, int) and 0 < level < 7 else 1) + " " + source
    else:
        yield _PICTURE.sub("", source)


def _printed(output: _Json) -> str:
    """Return the text of one output; none of pictures and of pages."""
    if not isinstance(output, dict):
        return ""
    if output.get("output_type") in ("error", "pyerr"):
        return f"{_joined(output.get('ename'))}: {_joined(output.get('evalue'))}"
    held = output.get("data")
    rich = isinstance(held, dict) and any(key.startswith(("image/", "text/html")) for key in held)
    text = "" if rich or not isinstance(held, dict) else _joined(held.get("text/plain"))
    return _COLOURS.sub("", text or _joined(output.get("text"))).strip("\n")


def _shortened(text: str) -> str:
    """Return the beginning of a text, up to the end of a line."""
    if len(text) <= _PRINTED:
        return text
    return text[:_PRINTED].rpartition("\n")[0] or text[:_PRINTED]


def _fenced(code: str, language: str) -> str:
    fence = FENCE
    while fence in code:
        fence += "`"
    return "\n".join([fence + language, code.strip("\n"), fence])


def _joined(lines: _Json) -> str:
    """Return a text that is held whole or by lines."""
    if isinstance(lines, list):
        return "".join(line for line in lines if isinstance(line, str))
    return lines if isinstance(lines, str) else ""


def _list(holder: dict[str, _Json], key: str) -> Sequence[_Json]:
    held = holder.get(key)
    return held if isinstance(held, list) else ()
