"""Numbers, dates and times as a spreadsheet shows them, by the formats of Office Open XML.

What depends on a reader's country is shown so that it cannot be mistaken: a short date as
2026-11-26, a decimal point and a comma between thousands. Names of months are English.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

# fmt: off
_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%",
    11: "0.00E+00", 12: "General", 13: "General", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm",
    17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
    22: "yyyy-mm-dd h:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;(#,##0.00)", 41: "#,##0", 42: "#,##0", 43: "#,##0.00", 44: "#,##0.00",
    45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
    **dict.fromkeys((27, 28, 29, 30, 31, 36, *range(50, 59)), "yyyy-mm-dd"),
    **dict.fromkeys((32, 33, 34, 35), "h:mm:ss"),
}
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# fmt: on

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|_.|\*.|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<elapsed>h+|m+|s+)\]|\[(?P<condition>[<>=]+-?[\d.]+)\]|\[[^\]]*\]"
    r"|(?P<meridian>AM/PM|A/P)|(?P<general>General)"
    r"|(?P<date>y+|m+|d+|h+|s+(?:\.0+)?|e+)|(?P<figures>[0#?][0#?,.]*(?:E[+-][0#?]+)?|\.[0#?]+)"
    r"|(?P<percent>%)|(?P<text>@)|(?P<other>.)",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)")
_LONGEST = 255
"""Characters that a format may have in Excel; what is longer is shown as it is stored."""
_MOST_PLACES = 30
"""Figures behind the point; Excel itself knows fifteen."""
_LAST_DAY = 2_958_465
"""31 December 9999."""


class _Token(NamedTuple):
    kind: str
    text: str


class _Section(NamedTuple):
    """One of the up to four parts of a format."""

    tokens: tuple[_Token, ...]
    condition: str

    @property
    def is_date(self) -> bool:
        return any(token.kind in ("date", "elapsed", "meridian") for token in self.tokens)

    @property
    def has_figures(self) -> bool:
        return any(token.kind in ("figures", "general", "text") for token in self.tokens)


def shown_number(value: str, format: str, *, since_1904: bool = False) -> str:
    """Return a stored number as its format shows it; as it is stored where that is not known."""
    try:
        number = Decimal(value)
        if not number.is_finite() or abs(number.adjusted()) > 400:
            return value
    except InvalidOperation:
        return value
    sections = _sections(format) if len(format) <= _LONGEST else ()
    if not sections:
        return _general(number)
    section, plain = _chosen(sections, number)
    if section.is_date:
        return _date(number, section, since_1904) or _general(number)
    return _figures(number if plain else abs(number), section)


def built_in_format(id: int) -> str:
    """Return the format that has this number in every file."""
    return _BUILT_IN.get(id, "General")


@lru_cache(maxsize=512)
def _sections(format: str) -> tuple[_Section, ...]:
    parts: list[list[_Token]] = [[]]
    for found in _TOKEN.finditer(format):
        kind = found.lastgroup or ""
        if kind == "other" and found[0] == ";":
            parts.append([])
        elif kind:
            parts[-1].append(_Token(kind, found[kind]))
    return tuple(map(_section, parts[:4]))


def _section(tokens: list[_Token]) -> _Section:
    condition = next((token.text for token in tokens if token.kind == "condition"), "")
    kept = tuple(token for token in tokens if token.kind != "condition")
    return _Section(_with_minutes(kept), condition)


def _with_minutes(tokens: tuple[_Token, ...]) -> tuple[_Token, ...]:
    """Tell minutes from months: they stand behind hours or before seconds."""
    timed = [n for n, token in enumerate(tokens) if token.kind in ("date", "elapsed")]
    changed = list(tokens)
    for place, number in enumerate(timed):
        token = tokens[number]
        if token.kind == "date" and token.text.lower() in ("m", "mm"):
            before = tokens[timed[place - 1]].text[:1].lower() if place else ""
            after = tokens[timed[place + 1]].text[:1].lower() if place + 1 < len(timed) else ""
            if before == "h" or after == "s":
                changed[number] = _Token("minutes", token.text)
    return tuple(changed)


def _chosen(sections: tuple[_Section, ...], number: Decimal) -> tuple[_Section, bool]:
    """Return the section for a number, and whether it says the sign by itself."""
    if any(section.condition for section in sections):
        met = (each for each in sections if _meets(number, each.condition))
        return next(met, sections[-1]), True
    if number < 0 and len(sections) > 1:
        return sections[1], False
    if number == 0 and len(sections) > 2:
        return sections[2], True
    return sections[0], True


def _meets(number: Decimal, condition: str) -> bool:
    found = _CONDITION.fullmatch(condition)
    if found is None:
        return not condition
    sign, limit = found[1], Decimal(found[2])
    return {
        "<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit,
        "=": number == limit, "<>": number != limit,
    }[sign]  # fmt: skip


def _general(number: Decimal) -> str:
    """Return a number with at most eleven significant figures, as Excel has it."""
    rounded = Decimal(f"{number:.11g}")
    if rounded == 0:
        return "0"
    if not -10 < rounded.adjusted() < 15:
        mantissa, _, exponent = f"{number:.5E}".partition("E")
        return f"{mantissa.rstrip('0').rstrip('.')}E{exponent}"
    shown = f"{rounded:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def _figures(number: Decimal, section: _Section) -> str:
    """Return a number between the words of its format."""
    if not section.has_figures:
        # A section without figures shows words in the place of the number, or nothing.
        return "".join(token.text for token in section.tokens if token.kind != "percent").strip()
    if any(token == ("other", "/") for token in section.tokens):
        return _general(number)  # as a fraction, in the same words for everybody
    number *= 100 ** sum(token.kind == "percent" for token in section.tokens)
    shown, done = [], False
    for kind, text in section.tokens:
        if kind == "figures":
            shown.append("" if done else _figure(number, text))
            done = True
        elif kind in ("general", "text"):
            shown.append(_general(number))
        elif kind in ("quoted", "escaped", "currency", "other", "percent"):
            shown.append(text)
    return "".join(shown).strip()


def _figure(number: Decimal, pattern: str) -> str:
    """Return a number by a pattern like `#,##0.00`."""
    mantissa, _, exponent = pattern.upper().partition("E")
    thousands = len(mantissa) - len(mantissa.rstrip(","))
    number = number.scaleb(-3 * thousands)
    whole, _, fraction = mantissa.rstrip(",").partition(".")
    places, least = min(len(fraction), _MOST_PLACES), fraction.count("0")
    if exponent:
        return f"{number:.{places}E}"
    try:
        rounded = number.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    except InvalidOperation:  # more than 28 figures
        return _general(number)
    shown = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
    before, point, after = shown.partition(".")
    while len(after) > least and after.endswith("0"):
        after = after[:-1]
    sign, before = ("-", before[1:]) if before.startswith("-") else ("", before)
    before = before.zfill(whole.count("0")) if "," not in whole else before
    if before == "0" and "0" not in whole and after:
        before = ""
    negative = sign if rounded != 0 else ""
    return f"{negative}{before}{point if after else ''}{after}"


def _date(number: Decimal, section: _Section, since_1904: bool) -> str:
    """Return a date or a time; "" for a number that is none."""
    if not 0 <= number <= _LAST_DAY:
        return ""
    # Excel counts a 29 February 1900 that never was.
    day_one = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)
    finest = any("." in token.text for token in section.tokens if token.kind == "date")
    seconds = (number * 86_400).quantize(Decimal("0.001") if finest else Decimal(1), ROUND_HALF_UP)
    if not since_1904 and number < 60 and number >= 1:
        day_one += timedelta(days=1)
    try:
        moment = day_one + timedelta(milliseconds=int(seconds * 1000))
    except OverflowError:
        return ""
    half = any(token.kind == "meridian" for token in section.tokens)
    return "".join(_time_part(token, moment, seconds, half) for token in section.tokens).strip()


def _time_part(token: _Token, moment: datetime, seconds: Decimal, half: bool) -> str:
    kind, text = token.kind, token.text.lower()
    if kind == "elapsed":
        count = int(seconds) // {"h": 3600, "m": 60, "s": 1}[text[0]]
        return str(count).zfill(len(text))
    if kind == "meridian":
        shown = "AM" if moment.hour < 12 else "PM"
        return shown if len(text) == 5 else shown[0]
    if kind == "minutes":
        return str(moment.minute).zfill(len(text))
    if kind != "date":
        return token.text if kind in ("quoted", "escaped", "currency", "other") else ""
    return _date_part(text, moment, half)


def _date_part(text: str, moment: datetime, half: bool) -> str:
    size = len(text)
    if text[0] in "ye":
        return f"{moment.year:04d}" if size > 2 or text[0] == "e" else f"{moment.year % 100:02d}"
    if text[0] == "m":
        name = _MONTHS[moment.month - 1]
        longer = {3: name[:3], 5: name[0]}.get(size, name)
        return str(moment.month).zfill(size) if size < 3 else longer
    if text[0] == "d":
        name = _DAYS[moment.weekday()]
        return str(moment.day).zfill(size) if size < 3 else name[:3] if size == 3 else name
    if text[0] == "h":
        hour = (moment.hour % 12 or 12) if half else moment.hour
        return str(hour).zfill(min(size, 2))
    whole, _, fraction = text.partition(".")
    shown = str(moment.second).zfill(len(whole))
    return f"{shown}.{f'{moment.microsecond:06d}'[: len(fraction)]}" if fraction else shown
