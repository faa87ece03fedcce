"""The elements of XML, each with its name as the key."""

from __future__ import annotations

import re
from collections.abc import Iterator

from index.chunk.key_members import Member

_TAG = re.compile(r"<(?:(/?)([\w.:-]{1,200})([^<>]{0,5000}?)(/?)>|!--|!\[CDATA\[|[?!])")
_CLOSED = {"<!--": "-->", "<![CDATA[": "]]>", "<?": "?>", "<!": ">"}
_NAMED = re.compile(r"""\b(?:xml:id|id|name|key)\s*=\s*["']([^"'\n]{1,60})["']""")


def xml_members(text: str, start: int, end: int) -> Iterator[Member]:
    """Yield the elements in a stretch that are in no other of it, each with comments above it."""
    depth, begun, nested = 0, -1, False
    key, inside = "", -1
    for tag in _tags(text, start, end):
        if tag[2] is None:  # a comment
            begun = tag.start() if depth == 0 and begun < 0 else begun
            continue
        depth -= bool(tag[1])
        if depth < 0:  # it ends what began before the stretch
            depth = 0
        elif depth == 0:
            if not tag[1]:
                begun = tag.start() if begun < 0 else begun
                key, inside, nested = _name(tag), tag.end(), False
            if tag[1] or tag[4]:
                holds = nested and _is_holder(text, inside, tag.end())
                yield Member(key, begun, tag.end(), (inside, tag.start()) if holds else None)
                begun = -1
        else:
            nested = True
        depth += not tag[1] and not tag[4]
    if depth > 0:
        yield Member(key, begun, end, (inside, end) if nested else None)


def _tags(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Yield tags, and where comments begin; what is written in them is passed over."""
    at = start
    while found := _TAG.search(text, at, end):
        at = found.end()
        if found[2] is None:
            closing = text.find(_CLOSED[found[0]], at, end)
            if closing < 0:
                return
            at = closing + len(_CLOSED[found[0]])
        if found[2] is not None or found[0] == "<!--":
            yield found


def _name(tag: re.Match[str]) -> str:
    """Return the name of an element without its prefix, and what tells it from its neighbours."""
    named = _NAMED.search(tag[3])
    name = tag[2].rpartition(":")[2]
    return f"{name}[{named[1]}]" if named else name


def _is_holder(text: str, start: int, end: int) -> bool:
    """Say whether an element holds elements and no text before them."""
    following = text.find("<", start, end)
    return not text[start:following].strip()
