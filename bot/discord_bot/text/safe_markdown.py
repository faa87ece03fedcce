"""Text that Discord can show: cleaned and disarmed. Pure; knows no answers.

Discord's Markdown closes a code block at the next three backticks wherever they stand, and links
every bare address. Two ways in: `literal` shows text as it is written (quotes, titles, what
people typed), `prose` keeps the harmless Markdown of an answer (lists, bold, code). Neither lets
text ping, link, hide or shout: addresses and mentions become inline code, where Discord reads
neither.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bot.discord_bot.text.message_split import FENCE, fitting, units
from index.text.invisible_characters import JOINERS, UNSEEN
from index.text.layout import folded

_LONGEST_SPAN = 300

_BREAKS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(f"[{UNSEEN}]")
# Next to Latin text joiners only hide something.
_STRAY_JOINER = re.compile(
    f"(?<=[{JOINERS}])[{JOINERS}]+|(?<![^\x00-\u02ff])[{JOINERS}]|[{JOINERS}](?![^\x00-\u02ff])"
)
_PILED_MARKS = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{6})"
    "[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")

_LIVE = r"""
    (?P<mention> @(?=everyone\b|here\b)\w+
      | <(?:@[!&]?|\#|id:|/|t:|a?:\w+:|[a-zA-Z][a-zA-Z0-9+.-]*:)[^<>\s`]*(?:\ [^<>\n`]*)?> )
  | (?P<url> \b[a-zA-Z][a-zA-Z0-9+.-]{0,30}://[^\s`<>]*
      | \bwww\.[^\s`<>]+
      | \bdiscord(?:app)?\.(?:gg|com|new|gift)/[^\s`<>]+ )
"""
# A cut between messages can bring any word to the start of a line, so headings and quotes are
# escaped wherever they could begin.
_BLOCK = "(?P<block> (?<![^\\s\ue000\ue001]) (?: -?\\#{1,6}(?=\\s|$) | > ) )"
# Names of schemes and code on one line are shorter than this; without an end, each sign that could
# begin one would be followed to the end of the text.
_CODE = r"(?P<code> (?P<ticks>`{1,100}+)(?!`)(?P<inside>[^\n]{0,500}?[^`\n])(?P=ticks)(?!`) )"
_LITERAL = re.compile(
    rf"{_CODE} | {_LIVE} | {_BLOCK} | (?P<special> [\\*_~`|] | \](?=\() )",
    re.VERBOSE | re.IGNORECASE,
)
_PROSE = re.compile(
    rf"{_CODE} | (?P<escape> \\[*_~|>\#\[\]()\\-] ) | (?P<stars> \*+ )"
    rf"| {_LIVE} | {_BLOCK} | (?P<special> [\\_~`|] | \](?=\() )",
    re.VERBOSE | re.IGNORECASE,
)
# An escaped backtick is read in more than one way by those who look for code; this one is not.
_STRAY_TICK = "\u02cb"
FENCE_OR_CODE = re.compile(
    r"```(?:(?!```).)*+```|(?<!\\)(`{1,100}+)(?!`).{0,500}?[^`]\1(?!`)", re.DOTALL
)
"""What Discord shows as code in the output of `prose` and `literal`."""

# Markdown itself knows no other lists than these: other signs are text to Discord.
_BULLET = re.compile(r"^(\s*)[*+](?=\s)")
_LITERAL_START = re.compile(r"^( *)(-|\+|\d+(?=[.)]\s))", re.MULTILINE)
_LANGUAGE = re.compile(
    r"\{?\.?(?P<language>[A-Za-z0-9_+#-][A-Za-z0-9_+.#-]{0,19}|)(?:$|[,;:}]|\s+(?=[{\[#.]|\w+=).*$)"
)
"""What stands behind a fence: a language, and perhaps attributes, which Discord does not know."""
_FENCE_LINE = re.compile(
    r"(?P<before>[ \t>]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+)?)(?P<mark>`{3,}|~{3,})(?P<info>[^`]*)$"
)
_TICKS = re.compile("`{3,}")
_QUOTE_SIGN = re.compile(r"^[ \t]*>[ ]?")
_TRAILING = re.compile(r"[.,;:!?'\"*_~|\\]+$")


def clean(text: str) -> str:
    """Drop what cannot be seen: control, bidirectional and zero-width characters."""
    text = _LONE_SURROGATE.sub("\ufffd", _BREAKS.sub("\n", text))
    text = _STRAY_JOINER.sub("", _INVISIBLE.sub("", text))
    return _PILED_MARKS.sub(r"\1", text)


def one_line(text: str, limit: int = 100) -> str:
    """Fold white space and cut to `limit` characters, with an ellipsis where it was cut."""
    line = folded(clean(text))
    if units(line) <= limit:
        return line
    return line[: fitting(line, limit - 1)].rstrip() + "…"


def literal(text: str) -> str:
    """Return Markdown that shows `text` as it is written, and that pings and links nothing.

    Inline code is shown as code.
    """
    escaped = _LITERAL.sub(_disarm, clean(text))
    return _LITERAL_START.sub(_escape_literal_start, escaped)


def prose(text: str) -> str:
    """Return the Markdown of an answer with only lists, bold, italics and code left alive."""
    return with_code(text, lambda piece: "\n".join(map(_prose_line, piece.split("\n"))))


def literal_with_code(text: str, opened: str = "") -> str:
    """Return what `literal` does, but blocks of code as code; `opened` is that of `by_fence`."""
    return with_code(text, literal, opened)


def with_code(text: str, shown: Callable[[str], str], opened: str = "") -> str:
    """Return text as `shown` makes it, and code in blocks; `opened` is that of `by_fence`."""
    pieces = by_fence(clean(text), opened)
    return "".join(
        piece.markdown if isinstance(piece, CodeBlock) else shown(piece) for piece in pieces
    ).strip("\n")


def holds_whole_code(text: str, limit: int) -> bool:
    """Say whether every block of code in `text` can be shown as it is, in `limit` code units."""
    blocks = (piece for piece in by_fence(clean(text)) if isinstance(piece, CodeBlock))
    return all(FENCE not in block.body and units(block.markdown) <= limit for block in blocks)


def in_code(text: str) -> str:
    """Return text for the inside of a code block, which three backticks would close."""
    return _apart(clean(text))


def _apart(text: str) -> str:
    """Set three backticks and more apart: they would close a block wherever they stand.

    The private marks of a highlight, of which code shows nothing, go before they can hide some.
    """
    return _TICKS.sub(lambda ticks: " ".join(ticks[0]), re.sub("[\ue000\ue001]", "", text))


def _prose_line(text: str) -> str:
    text = _BULLET.sub(r"\1-", text)
    odd = _odd_stars(text)

    def replace(match: re.Match[str]) -> str:
        if match["escape"] is not None:
            return match[0]
        if match["stars"] is not None:
            return match[0].replace("*", r"\*") if _stars_die(match, odd) else match[0]
        return _disarm(match)

    return _PROSE.sub(replace, text)


def _odd_stars(text: str) -> set[int]:
    """Return the lengths of runs of stars that occur an odd number of times: nobody closes them."""
    odd: set[int] = set()
    for match in _PROSE.finditer(text):
        if match["stars"] is not None and not _floats(match):
            odd ^= {len(match["stars"])}
    return odd


def _stars_die(match: re.Match[str], odd: set[int]) -> bool:
    length = len(match["stars"])
    return length > 3 or length in odd or _floats(match)


def _floats(match: re.Match[str]) -> bool:
    """Say whether a run of stars stands between spaces, as in a product."""
    text = match.string
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return (not before or before.isspace()) and (not after or after.isspace())


def _escape_literal_start(match: re.Match[str]) -> str:
    mark = match[2]
    return match[1] + (mark + "\\" if mark.isdigit() else "\\" + mark)


def _disarm(match: re.Match[str]) -> str:
    """Turn a mention or an address into inline code, and escape what else is special."""
    text = match[0]
    if match["code"] is not None:
        return _code_spans(match["inside"])
    if text == "`":
        return _STRAY_TICK
    if match["mention"] is not None:
        return _code_spans(text)
    if match["url"] is not None:
        return _dead_url(text)
    return "]\\" if text == "]" else "\\" + text


def _dead_url(text: str) -> str:
    stop = len(text)
    trailing = _TRAILING.search(text)
    if trailing:
        stop = trailing.start()
    while text[:stop].endswith(")") and text[:stop].count("(") < text[:stop].count(")"):
        stop -= 1
    rest = re.sub(r"([\\*_~|])", r"\\\1", text[stop:])
    return _code_spans(text[:stop]) + rest


def _code_spans(inside: str) -> str:
    """Return inline code; a long one as several, so that no cut between messages opens it."""
    inside = _apart(inside)
    pieces = [inside[at : at + _LONGEST_SPAN] for at in range(0, len(inside), _LONGEST_SPAN)]
    return " ".join(f"`` {piece} ``" if "`" in piece else f"`{piece}`" for piece in pieces)


@dataclass(frozen=True)
class CodeBlock:
    """Code between fences."""

    language: str
    """As Discord takes it; empty where none is named."""
    lines: tuple[str, ...]

    @property
    def markdown(self) -> str:
        """The block as Discord shows it, on lines of its own."""
        return f"{FENCE}{self.language}\n{in_code(self.body)}\n{FENCE}\n"

    @property
    def body(self) -> str:
        """The code as it is written."""
        return "\n".join(self.lines)


def by_fence(text: str, opened: str = "") -> Iterator[str | CodeBlock]:
    """Split into text and code; `opened` is the line of a fence that the text begins inside.

    A fence may be indented, be quoted or begin an item of a list; its code loses as much.
    """
    outside: list[str] = []
    lines = [opened, *text.split("\n")] if opened else text.split("\n")
    inside: list[str] | None = None
    before = mark = info = ""
    for line in lines:
        begins = _FENCE_LINE.match(line)
        if inside is None and begins:
            before, mark, info = begins["before"], begins["mark"], begins["info"].strip()
            item = before.lstrip(" \t>").rstrip()
            yield "\n".join([*outside, *([item] if item else []), ""])
            outside, inside = [], []
        elif inside is not None and _closes(line, mark):
            yield _block(info, inside, before)
            inside = None
        else:
            (outside if inside is None else inside).append(line)
    if inside is not None:
        yield _block(info, inside, before)
    yield "\n".join(outside)


def _closes(line: str, mark: str) -> bool:
    line = line.strip(" \t>")
    return len(line) >= len(mark) and set(line) == {mark[0]}


def _block(info: str, lines: Sequence[str], before: str) -> CodeBlock:
    room = len(before)
    if ">" in before:
        lines = [_QUOTE_SIGN.sub("", line) for line in lines]
        room = max(len(before.rpartition(">")[2]) - 1, 0)
    lines = [line[min(room, len(line) - len(line.lstrip(" "))) :] for line in lines]
    named = _LANGUAGE.match(info)
    if named is None:
        return CodeBlock("", (info, *lines))
    return CodeBlock(named["language"], tuple(lines))
