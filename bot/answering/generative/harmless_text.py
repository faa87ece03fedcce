"""What a model wrote, made harmless: no links, mentions, HTML, escape sequences or hidden text.

Links come from the metadata of sources only. The words of a link stay, its address goes.
"""

from __future__ import annotations

import html
import re

from index.text.invisible_characters import UNSEEN

LINK_REMOVED = "(link removed)"

_ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # titles, hyperlinks
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # control sequences: colours, cursor
    r"|\x1b[PX^_][^\x1b\n]*(?:\x1b\\)?"  # device control and the like
    r"|\x1b[ -/]*[0-~]?"
)
_INVISIBLE = re.compile(
    f"[{UNSEEN}\x0b-\x0d\ufe00-\ufe0f\ud800-\udfff\ue000-\uf8ff\U000f0000-\U0010ffff]"
)
"""More than nobody sees: variations, halves of pairs and private characters too. No quote needs
them here: quotes are printed from the stored text. `bot.answering.generative.reply_statements`
relies on the private ones being free."""

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
_ACTIVE = re.compile(
    r"<(script|style|iframe|object|template)\b[^>]*>.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_TAG = re.compile(r"</?[a-z][a-z0-9:-]*(?:\s[^<>]*|/)?>|<[!?][a-z][^<>]*>", re.IGNORECASE)
_OPENING = re.compile(r"<(?=[a-z/!?@#:&])", re.IGNORECASE)

_REFERENCE = re.compile(r"^[ \t]*\[[^\]\n]+\]:[ \t]*\S+.*$", re.MULTILINE)
_LINK = re.compile(
    r"!?\[(?P<words>[^\[\]\n]*(?:\[[^\[\]\n]*\][^\[\]\n]*)*)\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"
)
_MARKER = re.compile(r"[\d\s.,;:\u2013\u2014-]*\d[\d\s.,;:\u2013\u2014-]*")
_ADDRESS = re.compile(
    r"<?(?:[a-z0-9+.-]{1,30}:/{2,}[^\s\[\]<>\"'`()\u3010\u3011]*"
    r"|(?:javascript|vbscript):\S*|\bdata:[a-z]+/\S*"
    r"|\bwww\d?\.[^\s\[\]<>\"'`()\u3010\u3011]+"
    r"|(?:discord(?:app)?\.(?:gg|com|new|gift)|t\.me|bit\.ly)/[^\s\[\]<>\"'`()]*)>?",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"mailto:", re.IGNORECASE)
_END = re.compile(r"[.,;:!?\u2026]+$")
_MENTION = re.compile(
    r"<(?:@[!&]?|#)\w*>|<a?:\w+:\d*>|<t:[^<>\s]*>|<id:\w+>|</[\w -]+:\d+>"
    r"|@+(?=(?:everyone|here)\b)|(?<![\w.])@+(?=[\w\"'\[(&!])"
)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~).*$", re.MULTILINE)

_ROUNDS = 6
"""What is taken out may leave something behind that is a link again; nobody nests deeper."""


def plain(text: str) -> str:
    """Return the words of `text`, line by line, without anything a client would act on."""
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _THOUGHT.sub("", text)
    for _ in range(_ROUNDS):
        before = text
        text = _disarm(html.unescape(text))
        if text == before:
            break
    else:
        text = text.replace("://", ": ")
    return text.replace("](", "] (")


def visible(text: str) -> str:
    """Return `text` without characters that cannot be seen; tabs and line feeds stay."""
    return _INVISIBLE.sub("", _ESCAPES.sub("", text))


def _disarm(text: str) -> str:
    text = visible(text)
    text = _TAG.sub("", _ACTIVE.sub("", _MENTION.sub("", text)))
    text = _LINK.sub(_words, _REFERENCE.sub("", text))
    text = _SCHEME.sub("", _ADDRESS.sub(_removed, text))
    return _OPENING.sub("\u2039", _FENCE.sub("", text))


def _words(link: re.Match[str]) -> str:
    """Keep the words of a link; a marker that was made a link stays a marker."""
    words = link["words"]
    return f"[{words}]" if _MARKER.fullmatch(words) else words


def _removed(address: re.Match[str]) -> str:
    end = _END.search(address[0])
    return LINK_REMOVED + (end[0] if end else "")
